package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
)

// idProperty is a place where an operation takes an id, or a text that names
// something all the same.
type idProperty struct {
	op   docOperation
	in   string   // path, query or body
	name []string // "[]" for each item of a list
}

func (p idProperty) String() string {
	return p.op.name() + " " + p.in + " " + strings.Join(p.name, ".")
}

// last is the name that says what the id is of.
func (p idProperty) last() string {
	for _, name := range slices.Backward(p.name) {
		if name != "[]" {
			return strings.TrimSuffix(name, "s")
		}
	}
	return ""
}

// idProperties finds every such place of the document. Cursors are not among
// them: they have a test of their own.
func (d *document) idProperties() []idProperty {
	var list []idProperty
	for _, op := range d.operations {
		if server.Audience(op.audience) == server.Anyone { // their names are public, or secrets of their own
			continue
		}
		for _, p := range op.params {
			for _, found := range d.idsOf(p.schema, nil) {
				list = append(list, idProperty{op, p.in, append([]string{p.name}, found...)})
			}
			if p.name == "external_id" {
				list = append(list, idProperty{op, p.in, []string{p.name}})
			}
		}
		if op.body != "" {
			for _, found := range d.idsOf(op.body, nil) {
				list = append(list, idProperty{op, "body", found})
			}
		}
	}
	return list
}

// idsOf returns the ways through a schema that lead to an id.
func (d *document) idsOf(pointer string, way []string) [][]string {
	if schema := asObject(d.at(pointer)); schema.str("$ref") == "#/components/schemas/Id" || schema.str("format") == "uuid" {
		return [][]string{way}
	}
	schema, at := d.follow(pointer)
	if schema == nil || len(way) > 6 {
		return nil
	}
	if schema.str("format") == "uuid" {
		return [][]string{way}
	}
	var found [][]string
	for _, several := range []string{"anyOf", "oneOf", "allOf"} {
		branches, _ := schema[several].([]any)
		for i := range branches {
			found = append(found, d.idsOf(fmt.Sprintf("%s/%s/%d", at, several, i), way)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.sub("properties"))) {
		found = append(found, d.idsOf(at+"/properties/"+name, append(slices.Clone(way), name))...)
	}
	if schema.sub("items") != nil {
		found = append(found, d.idsOf(at+"/items", append(slices.Clone(way), "[]"))...)
	}
	return found
}

// naming returns the call of a row by B on what is its own, but with a value in
// one place.
func (w *matrixWorld) naming(t testing.TB, row matrixRow, p idProperty, value string) matrixCall {
	t.Helper()
	own := w.of(w.b)
	switch p.in {
	case "path":
		// The template is filled by hand: two parameters may stand for the same thing.
		changed := row
		changed.Path = maps.Clone(row.Path)
		delete(changed.Path, p.name[0])
		c := changed.call(p.op, own)
		c.path = strings.ReplaceAll(c.path, "{"+p.name[0]+"}", value)
		return c
	case "query":
		return row.call(p.op, own).with(p.name[0], value)
	default:
		c := row.call(p.op, own)
		var body any
		require.NoError(t, json.Unmarshal([]byte(c.body), &body))
		text, err := json.Marshal(planted(body, p.name, value))
		require.NoError(t, err)
		c.body = string(text)
		return c
	}
}

// planted returns a JSON value with another where a way leads, made up to there
// where it must be.
func planted(in any, way []string, value string) any {
	if len(way) == 0 {
		return value
	}
	if way[0] == "[]" {
		items, _ := in.([]any)
		if len(items) == 0 {
			items = []any{nil}
		}
		items = slices.Clone(items)
		items[0] = planted(items[0], way[1:], value)
		return items
	}
	members, _ := in.(map[string]any)
	members = maps.Clone(members)
	if members == nil {
		members = map[string]any{}
	}
	members[way[0]] = planted(members[way[0]], way[1:], value)
	return members
}

// foreignThing says what of A's is named in a place.
func (w *matrixWorld) foreignThing(row matrixRow, p idProperty) (thing string) {
	if p.in == "path" {
		return row.Path[p.name[0]]
	}
	return map[string]string{
		"advertiser_id": "advertiser", "campaign_id": "campaign", "influencer_id": "influencer", "coupon_id": "coupon",
		"tracking_link_id": "link", "external_id": "external_id",
	}[p.last()]
}

// What comes of an id of another tenant.
const (
	asMissing  = "as missing"  // 404
	asNothing  = "as nothing"  // a filter that nothing passes
	asIgnored  = "as ignored"  // the caller's own, whatever it asks for
	asRefused  = "as refused"  // the operation is not for B at all
	itemFailed = "item failed" // of a batch, alone
)

// foreignVerdict derives from the place what comes of a foreign id in it.
func foreignVerdict(p idProperty) string {
	switch reads := p.op.method == http.MethodGet; {
	case p.op.audience == string(server.Admins):
		return asRefused
	case p.in == "query" && reads && p.last() == "advertiser_id":
		return asIgnored
	case p.in == "query" && reads:
		return asNothing
	case p.in == "body" && p.op.path == api+"/exports" && p.last() != "advertiser_id":
		return asNothing
	case p.in == "body" && p.name[0] == "events":
		return itemFailed
	default:
		return asMissing
	}
}

// Every place in the document where an id can be named: B names one of A there,
// everything else being its own, and is answered as for an id of nothing.
func TestMatrix_ForeignIdsAreThoseOfNothing(t *testing.T) {
	d := loadDocument(t)
	rows, places := matrixRows(t, d), d.idProperties()
	for _, store := range []string{"memory", "SQLite"} {
		t.Run(store, func(t *testing.T) {
			var options []option
			if store == "SQLite" {
				options = append(options, onSQLite(t))
			}
			w := newMatrixWorld(t, options...)
			before, came := w.everything(), map[string]int{}
			for _, p := range places {
				verdict := foreignVerdict(p)
				for _, credential := range []string{"person of B", "key of B"} {
					w.foreign(t, rows[p.op.name()], p, verdict, credential)
					require.Equal(t, before, w.everything(), "%s changed something", p)
				}
				if store == "memory" && verdict != asRefused {
					w.control(t, rows[p.op.name()], p)
				}
				came[verdict]++
			}
			require.Len(t, came, 5, "%v", came)
			t.Logf("%d places for an id on %s: %v", len(places), store, came)
		})
	}
}

// foreign names one of A's things in a place.
func (w *matrixWorld) foreign(t *testing.T, row matrixRow, p idProperty, verdict, credential string) {
	t.Helper()
	thing := w.foreignThing(row, p)
	require.NotEmpty(t, thing, "%s takes an id, and nobody says of what", p)
	value := unknownID
	if thing != "user" {
		value = w.of(w.a)(thing)
	}
	token := w.credentials[credential]
	named, nothing := w.carryOut(w.naming(t, row, p, value), token), w.carryOut(w.naming(t, row, p, unknownID), token)
	if verdict == asNothing && p.op.method == http.MethodPost { // a ticket, which is another each time
		require.Equal(t, http.StatusCreated, named.status, "%s: %s", p, named.body)
		require.Equal(t, http.StatusCreated, nothing.status, "%s: %s", p, nothing.body)
		named = w.do(http.MethodGet, named.object().str("url"), "", "")
		nothing = w.do(http.MethodGet, nothing.object().str("url"), "", "")
		require.Equal(t, "0", named.trailer.Get("X-Superher-Rows"), p)
	}
	requireSame(t, nothing, named, p.String())
	require.Empty(t, w.betrayed(named), p)
	switch verdict {
	case asRefused:
		require.Equal(t, http.StatusForbidden, named.status, "%s: %s", p, named.body)
	case asMissing:
		require.Equal(t, http.StatusNotFound, named.status, "%s: %s", p, named.body)
		require.Equal(t, "not-found", named.object().str("reason"), p)
	case itemFailed:
		result := named.object().list("results")[0]
		require.Equal(t, []string{"refused", "not-found"}, []string{result.str("status"), result.sub("error").str("reason")}, p)
	case asIgnored:
		requireSame(t, w.carryOut(row.call(p.op, w.of(w.b)), token), named, p.String())
		require.Equal(t, row.Answers, named.status, p)
	case asNothing:
		require.Equal(t, http.StatusOK, named.status, "%s: %s", p, named.body)
		require.NotContains(t, named.body, w.b.event, p)
	}
}

// control names B's own thing in the same place: what else is wrong with the
// call would hide what comes of a foreign id.
func (w *matrixWorld) control(t *testing.T, row matrixRow, p idProperty) {
	t.Helper()
	own := w
	if p.op.method != http.MethodGet {
		own = newMatrixWorld(t)
	}
	value := own.of(own.b)(own.foreignThing(row, p))
	got := own.carryOut(own.naming(t, row, p, value), own.b.key)
	require.Equal(t, row.Answers, got.status, "%s: %s", p, got.body)
	if foreignVerdict(p) == asNothing && p.op.method == http.MethodGet {
		nothing := own.carryOut(own.naming(t, row, p, unknownID), own.b.key)
		require.NotEqual(t, nothing.anonymous()+nothing.trailer.Get("X-Superher-Rows"), got.anonymous()+got.trailer.Get("X-Superher-Rows"), "%s filters", p)
	}
	if p.name[0] == "events" {
		require.Equal(t, "stored", got.object().list("results")[0].str("status"), p)
	}
}

// A cursor of another tenant says where to go on in one's own list, and gives
// no right.
func TestMatrix_ForeignCursorsGiveNoRight(t *testing.T) {
	d := loadDocument(t)
	rows, w := matrixRows(t, d), newMatrixWorld(t)
	before, lists := w.everything(), 0
	for _, op := range d.operations {
		if op.param("query", "cursor") == nil {
			continue
		}
		row := rows[op.name()]
		asA := row.call(op, w.of(w.a)).with("limit", "1")
		giver := w.a.key
		if op.path == api+"/advertisers" || op.audience == string(server.Admins) {
			giver = w.admin.token // an advertiser sees one: itself
		}
		page := w.carryOut(asA, giver)
		require.Equal(t, http.StatusOK, page.status, page.body)
		cursor := page.object().str("next_cursor")
		require.NotEmpty(t, cursor, "%s has a second page", op.name())
		asB := row.call(op, w.of(w.b))
		got := w.carryOut(asB.with("cursor", cursor), w.b.key)
		require.Empty(t, w.betrayed(got), op.name())
		if op.audience == string(server.Admins) {
			require.Equal(t, http.StatusForbidden, got.status, op.name())
			continue
		}
		require.Equal(t, http.StatusOK, got.status, "%s: %s", op.name(), got.body)
		own := w.carryOut(asB, w.b.key).object()
		require.NotEmpty(t, own.list("data"), op.name())
		require.Subset(t, seals(t, own), seals(t, got.object()), "%s: B's own and nothing else", op.name())
		lists++
	}
	require.Equal(t, before, w.everything())
	require.Positive(t, lists)
	t.Logf("%d lists", lists)
}

// seals are the items of a list as texts, less when a key was last used.
func seals(t testing.TB, o object) []string {
	t.Helper()
	list := []string{}
	for _, item := range o.list("data") {
		text, err := json.Marshal(item)
		require.NoError(t, err)
		list = append(list, regexp.MustCompile(`"last_used_at":[^,]*,`).ReplaceAllString(string(text), ""))
	}
	return list
}
