package sqlstore

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/ident"
)

// eventRow is an event with its documents written.
type eventRow struct {
	attribution.Event
	metadata, candidates, terms string
}

func rowOf(e attribution.Event) (eventRow, error) {
	for _, text := range []string{
		string(e.Type), string(e.Value.Currency), e.CouponCode, e.RefCode, e.LandingURL, e.ExternalID, e.CustomerID,
		string(e.Decision.Method), string(e.Decision.Source), string(e.Commission.Amount.Currency), string(e.Commission.Reason),
	} {
		if !storable(text) {
			return eventRow{}, unstorable()
		}
	}
	metadata, err := writeMetadata(e.Metadata)
	if err != nil {
		return eventRow{}, err
	}
	candidates, err := writeCandidates(e.Decision.Candidates)
	if err != nil {
		return eventRow{}, err
	}
	terms, err := writeTerms(e.Commission.Terms)
	return eventRow{e, metadata, candidates, terms}, err
}

var eventNames = strings.Split(eventColumns, ", ")

// insertEach stores rows one by one.
func (t tx) insertEach(ctx context.Context, rows []eventRow) (map[attribution.ID]bool, error) {
	text := "INSERT INTO customer_events (" + eventColumns + ") VALUES (?" + strings.Repeat(",?", len(eventNames)-1) + ") ON CONFLICT DO NOTHING"
	args := make([][]any, len(rows))
	for i, e := range rows {
		d, c := e.Decision, e.Commission
		args[i] = []any{
			t.owner(), e.ID, string(e.Type), e.Value.Minor, string(e.Value.Currency), e.CouponCode, e.RefCode, e.LandingURL,
			e.ExternalID, e.CustomerID, e.metadata, t.dialect.Moment(e.OccurredAt), t.dialect.Moment(e.ReceivedAt), e.Print[:],
			string(d.Method), string(d.Source), d.Campaign, d.Influencer, d.Coupon, d.Link, e.candidates, e.Conversion,
			c.Amount.Minor, string(c.Amount.Currency), string(c.Reason), e.terms,
		}
	}
	stored, err := t.q.InsertEach(ctx, text, args)
	if err != nil {
		return nil, err
	}
	inserted := make(map[attribution.ID]bool, len(rows))
	for i, e := range rows {
		if stored[i] {
			inserted[e.ID] = true
		}
	}
	return inserted, nil
}

// column is a column of many rows: one parameter for all of them.
type column struct {
	element string // its type in the table, of which the parameter is an array
	text    bool   // the array is of text, which is cast
	values  any
}

func columnOf[T any](element string, rows []eventRow, value func(eventRow) T) column {
	values := make([]T, len(rows))
	for i, e := range rows {
		values[i] = value(e)
	}
	return column{element: element, values: values}
}

func documents(rows []eventRow, value func(eventRow) string) column {
	c := columnOf("jsonb", rows, value)
	c.text = true
	return c
}

// idBytes returns the bytes of an id, none for the zero id, which is NULL.
func idBytes[T any](id ident.Of[T]) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

func allBytes[T any](ids []ident.Of[T]) [][]byte {
	out := make([][]byte, len(ids))
	for i := range ids {
		out[i] = ids[i][:]
	}
	return out
}

// columnsOf returns the columns of eventColumns but the first, which is the same
// in all rows.
func columnsOf(rows []eventRow) []column {
	return []column{
		columnOf("uuid", rows, func(e eventRow) []byte { return e.ID[:] }),
		columnOf("text", rows, func(e eventRow) string { return string(e.Type) }),
		columnOf("bigint", rows, func(e eventRow) int64 { return e.Value.Minor }),
		columnOf("text", rows, func(e eventRow) string { return string(e.Value.Currency) }),
		columnOf("text", rows, func(e eventRow) string { return e.CouponCode }),
		columnOf("text", rows, func(e eventRow) string { return e.RefCode }),
		columnOf("text", rows, func(e eventRow) string { return e.LandingURL }),
		columnOf("text", rows, func(e eventRow) string { return e.ExternalID }),
		columnOf("text", rows, func(e eventRow) string { return e.CustomerID }),
		documents(rows, func(e eventRow) string { return e.metadata }),
		columnOf("timestamptz", rows, func(e eventRow) time.Time { return stored(e.OccurredAt) }),
		columnOf("timestamptz", rows, func(e eventRow) time.Time { return stored(e.ReceivedAt) }),
		columnOf("bytea", rows, func(e eventRow) []byte { return e.Print[:] }),
		columnOf("text", rows, func(e eventRow) string { return string(e.Decision.Method) }),
		columnOf("text", rows, func(e eventRow) string { return string(e.Decision.Source) }),
		columnOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Campaign) }),
		columnOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Influencer) }),
		columnOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Coupon) }),
		columnOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Link) }),
		documents(rows, func(e eventRow) string { return e.candidates }),
		columnOf("boolean", rows, func(e eventRow) bool { return e.Conversion }),
		columnOf("bigint", rows, func(e eventRow) int64 { return e.Commission.Amount.Minor }),
		columnOf("text", rows, func(e eventRow) string { return string(e.Commission.Amount.Currency) }),
		columnOf("text", rows, func(e eventRow) string { return string(e.Commission.Reason) }),
		documents(rows, func(e eventRow) string { return e.terms }),
	}
}

// insertTogether stores rows in one statement that is the same for any number of
// them: a parameter is a whole column. It stores none unless the advertiser and
// all that the rows refer to are there.
func (t tx) insertTogether(ctx context.Context, rows []eventRow, refs references) (map[attribution.ID]bool, error) {
	columns := columnsOf(rows)
	args := []any{t.owner()}
	param := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	var arrays, picked, names strings.Builder
	for i, c := range columns {
		if i > 0 {
			arrays.WriteString(", ")
			names.WriteString(", ")
		}
		name, element := eventNames[i+1], c.element
		picked.WriteString(", e." + name)
		if c.text {
			picked.WriteString("::" + element)
			element = "text"
		}
		arrays.WriteString(param(c.values) + "::" + element + "[]")
		names.WriteString(name)
	}
	text := "INSERT INTO customer_events (" + eventColumns + ") SELECT $1" + picked.String() +
		" FROM unnest(" + arrays.String() + ") AS e (" + names.String() + ")" +
		" WHERE EXISTS (SELECT FROM advertisers WHERE id = $1)"
	for _, known := range []struct {
		table, column string
		ids           [][]byte
	}{
		{"campaigns", "id", allBytes(refs.campaigns)}, {"influencer_access", "influencer_id", allBytes(refs.influencers)},
		{"coupons", "id", allBytes(refs.coupons)}, {"tracking_links", "id", allBytes(refs.links)},
	} {
		list := param(known.ids) + "::uuid[]"
		text += " AND (SELECT count(*) FROM " + known.table + " WHERE advertiser_id = $1 AND " + known.column + " = ANY (" + list + ")) = cardinality(" + list + ")"
	}
	found, err := t.q.Query(ctx, text+" ON CONFLICT DO NOTHING RETURNING id", args...)
	if err != nil {
		return nil, err
	}
	inserted := make(map[attribution.ID]bool, len(rows))
	for found.Next() {
		id, err := scanID[attribution.Event](found)
		if err != nil {
			_ = found.Close()
			return nil, err
		}
		inserted[id] = true
	}
	if err := found.Err(); err != nil {
		_ = found.Close()
		return nil, err
	}
	return inserted, found.Close()
}
