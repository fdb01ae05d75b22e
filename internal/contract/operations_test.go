package contract_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

func TestDocument_HasEveryOperationOfTheServerAndNoOther(t *testing.T) {
	d := loadDocument(t)
	known := map[string]bool{}
	for _, op := range server.Operations() {
		name := op.Method + " " + op.Path
		known[name] = true
		i := slices.IndexFunc(d.operations, func(x docOperation) bool { return x.method == op.Method && x.path == op.Path })
		if i < 0 {
			t.Errorf("the document lacks %s", name)
			continue
		}
		said := d.operations[i]
		scope := string(op.Scope)
		if scope == "" {
			scope = "none"
		}
		require.Equal(t, string(op.Audience), said.audience, name)
		require.Equal(t, scope, said.scope, name)
		require.Equal(t, op.Idempotent, said.param("header", "Idempotency-Key") != nil, "%s: Idempotency-Key", name)
		require.Equal(t, op.Versioned, said.param("header", "If-Match") != nil, "%s: If-Match", name)
	}
	for _, op := range d.operations {
		require.True(t, known[op.method+" "+op.path], "the server lacks %s %s", op.method, op.path)
	}
}

func TestDocument_SaysOfEveryOperationWhoMayAndWhatGoesWrong(t *testing.T) {
	d := loadDocument(t)
	ids := map[string]bool{}
	for _, op := range d.operations {
		require.NotEmpty(t, op.id, op.path)
		require.False(t, ids[op.id], "%s is the id of two operations", op.id)
		ids[op.id] = true
		for name, text := range map[string]string{
			"audience": op.audience, "scope": op.scope, "limits": op.limits, "description": op.description, "summary": op.raw.str("summary"),
		} {
			require.NotEmpty(t, text, "%s: %s", op.id, name)
		}
		statuses := slices.Sorted(maps.Keys(op.responses))
		want := []string{}
		switch op.audience {
		case string(server.Callers), string(server.Admins):
			want = append(want, "400", "401", "403", "422", "429", "500", "503", "504")
		case string(server.Identified):
			want = append(want, "400", "401", "422", "429", "500", "503", "504")
		case string(server.Anyone):
			require.Equal(t, []any{}, op.raw["security"], "%s needs no credential", op.id)
		default:
			t.Errorf("%s: unknown audience %q", op.id, op.audience)
		}
		names := op.audience == string(server.Callers) && op.method != http.MethodGet // an advertiser
		if op.audience != string(server.Anyone) && strings.Contains(op.path, "{") || names {
			want = append(want, "404")
		}
		switch op.method {
		case http.MethodPost:
			want = append(want, "408", "409", "413", "415")
		case http.MethodPatch:
			want = append(want, "408", "409", "412", "413", "415", "428")
		case http.MethodDelete:
			want = append(want, "409")
		}
		for _, status := range want {
			require.Contains(t, statuses, status, op.id)
		}
		require.Equal(t, op.method == http.MethodPost || op.method == http.MethodPatch, op.body != "", "%s: body", op.id)
		if op.audience == string(server.Callers) {
			require.NotNil(t, op.param("query", "advertiser_id"), op.id)
		}
		success := slices.ContainsFunc(statuses, func(s string) bool { return s[0] == '2' || s[0] == '3' })
		require.True(t, success, op.id)
		for status, r := range op.responses {
			require.Contains(t, r.headers, "X-Request-Id", "%s %s", op.id, status)
		}
	}
}

func TestDocument_KnowsEveryScope(t *testing.T) {
	d := loadDocument(t)
	said, _ := d.at("#/components/schemas/Scope/enum").([]any)
	want := []any{}
	for _, p := range tenant.Permissions() {
		want = append(want, string(p))
	}
	require.Equal(t, want, said)
}
