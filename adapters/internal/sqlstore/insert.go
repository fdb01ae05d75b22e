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

// eventNames returns the names of eventColumns.
func eventNames() []string { return strings.Split(eventColumns, ", ") }

// insertEach stores rows one by one.
func (t tx) insertEach(ctx context.Context, rows []eventRow) (map[attribution.ID]bool, error) {
	text := "INSERT INTO customer_events (" + eventColumns + ") VALUES (?" + strings.Repeat(",?", len(eventNames())-1) + ") ON CONFLICT DO NOTHING"
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

// array is a column of many rows: one parameter for all of them.
type array struct {
	element string // its type in the table, of which the parameter is an array
	text    bool   // the array is of text, which is cast
	values  any
}

func arrayOf[T any](element string, rows []eventRow, value func(eventRow) T) array {
	values := make([]T, len(rows))
	for i, e := range rows {
		values[i] = value(e)
	}
	return array{element: element, values: values}
}

func documents(rows []eventRow, value func(eventRow) string) array {
	c := arrayOf("jsonb", rows, value)
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
func columnsOf(rows []eventRow) []array {
	return []array{
		arrayOf("uuid", rows, func(e eventRow) []byte { return e.ID[:] }),
		arrayOf("text", rows, func(e eventRow) string { return string(e.Type) }),
		arrayOf("bigint", rows, func(e eventRow) int64 { return e.Value.Minor }),
		arrayOf("text", rows, func(e eventRow) string { return string(e.Value.Currency) }),
		arrayOf("text", rows, func(e eventRow) string { return e.CouponCode }),
		arrayOf("text", rows, func(e eventRow) string { return e.RefCode }),
		arrayOf("text", rows, func(e eventRow) string { return e.LandingURL }),
		arrayOf("text", rows, func(e eventRow) string { return e.ExternalID }),
		arrayOf("text", rows, func(e eventRow) string { return e.CustomerID }),
		documents(rows, func(e eventRow) string { return e.metadata }),
		arrayOf("timestamptz", rows, func(e eventRow) time.Time { return stored(e.OccurredAt) }),
		arrayOf("timestamptz", rows, func(e eventRow) time.Time { return stored(e.ReceivedAt) }),
		arrayOf("bytea", rows, func(e eventRow) []byte { return e.Print[:] }),
		arrayOf("text", rows, func(e eventRow) string { return string(e.Decision.Method) }),
		arrayOf("text", rows, func(e eventRow) string { return string(e.Decision.Source) }),
		arrayOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Campaign) }),
		arrayOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Influencer) }),
		arrayOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Coupon) }),
		arrayOf("uuid", rows, func(e eventRow) []byte { return idBytes(e.Decision.Link) }),
		documents(rows, func(e eventRow) string { return e.candidates }),
		arrayOf("boolean", rows, func(e eventRow) bool { return e.Conversion }),
		arrayOf("bigint", rows, func(e eventRow) int64 { return e.Commission.Amount.Minor }),
		arrayOf("text", rows, func(e eventRow) string { return string(e.Commission.Amount.Currency) }),
		arrayOf("text", rows, func(e eventRow) string { return string(e.Commission.Reason) }),
		documents(rows, func(e eventRow) string { return e.terms }),
	}
}

// insertTogether stores rows, and what they add to the totals, in one statement
// that is the same for any number of them: a parameter is a whole column. It
// stores none unless the advertiser and all that the rows refer to are there.
func (t tx) insertTogether(ctx context.Context, rows []eventRow, refs references) (map[attribution.ID]bool, error) {
	columns, all := columnsOf(rows), eventNames()
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
		name, element := all[i+1], c.element
		picked.WriteString(", e." + name)
		if c.text {
			picked.WriteString("::" + element)
			element = "text"
		}
		arrays.WriteString(param(c.values) + "::" + element + "[]")
		names.WriteString(name)
	}
	var text strings.Builder
	text.WriteString("INSERT INTO customer_events (" + eventColumns + ") SELECT $1" + picked.String() +
		" FROM unnest(" + arrays.String() + ") AS e (" + names.String() + ")" +
		" WHERE EXISTS (SELECT FROM advertisers WHERE id = $1)")
	for _, known := range []struct {
		table, column string
		ids           [][]byte
	}{
		{"campaigns", "id", allBytes(refs.campaigns)}, {"influencer_access", "influencer_id", allBytes(refs.influencers)},
		{"coupons", "id", allBytes(refs.coupons)}, {"tracking_links", "id", allBytes(refs.links)},
	} {
		list := param(known.ids) + "::uuid[]"
		text.WriteString(" AND (SELECT count(*) FROM " + known.table + " WHERE advertiser_id = $1 AND " + known.column +
			" = ANY (" + list + ")) = cardinality(" + list + ")")
	}
	found, err := t.q.Query(ctx, "WITH stored AS ("+text.String()+" ON CONFLICT DO NOTHING RETURNING *), noted AS ("+
		"INSERT INTO event_changes ("+changeColumns+") SELECT "+changeOfStored()+" FROM stored) SELECT id FROM stored", args...)
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

// changeOfStored returns what changeOf makes of a stored event: the columns of
// changeColumns.
func changeOfStored() string {
	columns := strings.Split(strings.TrimSuffix(changeColumns, figureColumns), ", ")
	columns = columns[:len(columns)-1] // behind the last comma
	for name := range strings.SplitSeq(figureColumns, ", ") {
		columns = append(columns, rawFigures(name))
	}
	return strings.Join(columns, ", ")
}
