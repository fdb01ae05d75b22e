package contract_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
)

// matrix calls every operation of the document as everybody.
type matrix struct {
	rows   map[string]matrixRow
	shared *matrixWorld // that nothing may change
	state  string       // of it

	refusals                        map[string]answer // the one answer of each kind of refusal
	cells, refused, hidden, allowed int
}

// Every operation of the document as every kind of caller: whoever may not is
// refused, and cannot tell what exists from what does not; nothing changes, and
// nobody learns what is another's.
func TestMatrix_EveryOperationAsEverybody(t *testing.T) {
	d := loadDocument(t)
	shared := newMatrixWorld(t)
	m := &matrix{rows: matrixRows(t, d), shared: shared, state: shared.everything(), refusals: map[string]answer{}}
	for _, op := range d.operations {
		t.Run(op.name(), func(t *testing.T) {
			for _, p := range principals() {
				m.cell(t, op, p)
			}
			if m.rows[op.name()].Token {
				m.operator(t, op)
			}
		})
	}
	require.Equal(t, m.cells, m.refused+m.hidden+m.allowed)
	t.Logf("%d operations × %d principals = %d cells: %d refused, %d answered as missing, %d allowed; %d kinds of refusal",
		len(d.operations), len(principals()), m.cells, m.refused, m.hidden, m.allowed, len(m.refusals))
}

// cell holds one operation, called by one principal, against the verdict.
func (m *matrix) cell(t *testing.T, op docOperation, p principal) {
	t.Helper()
	m.cells++
	row := m.rows[op.name()]
	want := judge(op, row, p)
	switch {
	case want.reason != "":
		m.refuse(t, op, row, p, want)
	case row.Effect == onNothing:
		m.allowed++
		w := m.shared
		got := m.call(w, op, row, p, false)
		m.accept(t, w, op, p, want, got)
		require.Equal(t, m.state, w.everything(), "%s changed something for %s", op.name(), p.name)
	default:
		m.allowed++
		m.take(t, op, row, p, want)
	}
}

// call makes the call of a cell; with absent the ids in it are those of nothing.
func (m *matrix) call(w *matrixWorld, op docOperation, row matrixRow, p principal, absent bool) answer {
	things := w.of(w.a)
	if absent {
		things = w.missing(w.a)
	}
	c := row.call(op, things)
	if p.standing == isAdmin && op.audience == string(server.Callers) {
		c = c.with("advertiser_id", w.a.id) // of whom the admin speaks
	}
	return w.carryOut(c, w.credentials[p.name])
}

// refuse is a call that must fail: like one that names nothing, with the one
// body of its kind, without effect, and without a word on what is A's.
func (m *matrix) refuse(t *testing.T, op docOperation, row matrixRow, p principal, want verdict) {
	t.Helper()
	if want.status == http.StatusNotFound {
		m.hidden++
	} else {
		m.refused++
	}
	w := m.shared
	got := m.call(w, op, row, p, false)
	cell := op.name() + " by " + p.name
	require.Equal(t, want.status, got.status, "%s: %s", cell, got.body)
	require.Equal(t, m.state, w.everything(), "%s was refused and changed something", cell)
	missing := m.call(w, op, row, p, true)
	requireSame(t, missing, got, cell+": what exists must look like what does not")
	require.Equal(t, m.state, w.everything(), "%s was refused and changed something", cell)
	require.Empty(t, w.betrayed(got), cell)
	if op.method == http.MethodHead {
		return
	}
	require.Equal(t, want.reason, got.object().str("reason"), cell)
	kind := want.reason
	if want.reason == "scope-insufficient" {
		kind += " " + op.scope
	}
	first, known := m.refusals[kind]
	if !known {
		first, m.refusals[kind] = got, got
	}
	requireSame(t, first, got, cell+": there is one answer for "+kind)
}

// take is a call that changes something, in a world of its own.
func (m *matrix) take(t *testing.T, op docOperation, row matrixRow, p principal, want verdict) {
	t.Helper()
	w := newMatrixWorld(t)
	cell := op.name() + " by " + p.name
	all, a, b := w.everything(), w.stateOf(w.a), w.stateOf(w.b)
	got := m.call(w, op, row, p, false)
	m.accept(t, w, op, p, want, got)
	require.NotEqual(t, all, w.everything(), "%s has an effect", cell)
	if row.Effect == onPlatform {
		return
	}
	require.Equal(t, want.own, a == w.stateOf(w.a), "%s: what is A's", cell)
	require.Equal(t, !want.own, b == w.stateOf(w.b), "%s: what is B's", cell)
}

// accept is the answer to a call that is allowed. An outsider still learns
// nothing of A, but by what is open to whoever has it.
func (m *matrix) accept(t *testing.T, w *matrixWorld, op docOperation, p principal, want verdict, got answer) {
	t.Helper()
	cell := op.name() + " by " + p.name
	row := m.rows[op.name()]
	require.Equal(t, want.status, got.status, "%s: %s", cell, got.body)
	if p.outsider && !row.Open {
		found := w.betrayed(got)
		if p.name == "suspended" && op.audience == string(server.Identified) {
			found = without(found, w.a.id) // whose person it is
		}
		require.Empty(t, found, cell)
	}
	if thing, ok := row.Path["id"]; ok && op.method == http.MethodGet {
		require.Contains(t, got.body, w.of(w.a)(thing), "%s shows what it names", cell)
	}
}

// operator is whoever has the token of an operation that has one of its own.
func (m *matrix) operator(t *testing.T, op docOperation) {
	t.Helper()
	m.cells++
	m.allowed++
	got := m.shared.do(op.method, op.path, metricsToken, "")
	require.Equal(t, m.rows[op.name()].Answers, got.status, op.name())
	require.Empty(t, m.shared.betrayed(got), op.name())
}

func without(list []string, one string) []string {
	var rest []string
	for _, x := range list {
		if x != one {
			rest = append(rest, x)
		}
	}
	return rest
}

// anonymous is the body without the name of the request.
func (a answer) anonymous() string {
	id := a.header.Get("X-Request-Id")
	if id == "" {
		return a.body
	}
	return strings.ReplaceAll(a.body, id, "")
}

// requireSame fails where two answers can be told from each other by more than
// the name of the request and the time of day.
func requireSame(t *testing.T, want, got answer, what string) {
	t.Helper()
	require.Equal(t, want.status, got.status, "%s: %s", what, got.body)
	require.Equal(t, want.anonymous(), got.anonymous(), what)
	headers := [2]http.Header{want.header.Clone(), got.header.Clone()}
	for _, h := range headers {
		h.Del("Date")
		h.Del("X-Request-Id")
	}
	require.Equal(t, headers[0], headers[1], what)
	require.Equal(t, want.trailer, got.trailer, what)
}
