package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/fault"
)

func TestCodes_AreTheClosedSet(t *testing.T) {
	require.Equal(t, []fault.Code{
		"invalid", "unauthenticated", "forbidden", "not_found", "conflict", "exhausted", "unavailable", "unsupported", "internal",
	}, fault.Codes())
}

func TestIs_EveryCodeIsItsOwnSentinelAndNoOther(t *testing.T) {
	for _, code := range fault.Codes() {
		cause := io.ErrUnexpectedEOF
		for _, err := range []error{
			fault.New(code, "some-reason", "Something."),
			fault.Wrap(cause, code, "some-reason", "Something."),
			fmt.Errorf("outer: %w", fault.New(code, "some-reason", "")),
			code,
			fault.Of(code),
		} {
			for _, other := range fault.Codes() {
				require.Equal(t, code == other, errors.Is(err, other), "%v is %s", err, other)
			}
		}
		require.ErrorIs(t, fault.Wrap(cause, code, "some-reason", ""), cause)
		require.NotErrorIs(t, fault.New(code, "some-reason", ""), cause)
	}
}

func TestWrap_NobodyWrapsAFaultAgain(t *testing.T) {
	inner := fault.Wrap(io.EOF, fault.Conflict, "coupon-code-taken", "The code is taken.")
	require.Same(t, inner, fault.Wrap(inner, fault.Internal, "other", ""))
	require.Same(t, inner, fault.Wrap(fmt.Errorf("layer: %w", inner), fault.Internal, "other", ""))
}

func TestOf_GivesEveryErrorOneCode(t *testing.T) {
	known := fault.New(fault.NotFound, "not-found", "")
	require.Nil(t, fault.Of(nil))
	require.Same(t, known, fault.Of(known))
	require.Same(t, known, fault.Of(fmt.Errorf("layer: %w", known)))
	for _, c := range []struct {
		err    error
		code   fault.Code
		reason string
	}{
		{context.DeadlineExceeded, fault.Unavailable, "deadline-exceeded"},
		{fmt.Errorf("query: %w", context.DeadlineExceeded), fault.Unavailable, "deadline-exceeded"},
		{context.Canceled, fault.Unavailable, "canceled"},
		{fault.NotFound, fault.NotFound, "not-found"},
		{fmt.Errorf("layer: %w", fault.Conflict), fault.Conflict, "conflict"},
		{io.EOF, fault.Internal, "internal"},
		{errors.Join(io.EOF, io.ErrNoProgress), fault.Internal, "internal"},
	} {
		got := fault.Of(c.err)
		require.Equal(t, c.code, got.Code, c.err)
		require.Equal(t, c.reason, got.Reason)
		require.ErrorIs(t, got, c.err, "the cause stays for the log")
		require.NotContains(t, got.Detail, "EOF", "and only for the log")
		require.Regexp(t, `\A[a-z]+(-[a-z]+)*\z`, got.Reason)
	}
}

func TestError_TextForLogs(t *testing.T) {
	for _, c := range []struct {
		err  *fault.Error
		want string
	}{
		{&fault.Error{Code: fault.Internal}, "internal"},
		{fault.New(fault.Conflict, "coupon-code-taken", "the code is taken"), "conflict (coupon-code-taken): the code is taken"},
		{fault.Wrap(io.EOF, fault.Unavailable, "store-busy", "try again"), "unavailable (store-busy): try again: EOF"},
		{
			&fault.Error{Code: fault.Invalid, Reason: "invalid-fields", Fields: []fault.Field{{"a", "required", ""}, {"b", "too-long", "b is long"}}},
			"invalid (invalid-fields); a: required; b: too-long (b is long)",
		},
	} {
		require.Equal(t, c.want, c.err.Error())
	}
}

func TestHasReason_OfTheErrorOrOfAField(t *testing.T) {
	err := fault.Bad("name", "required", "")
	require.True(t, fault.HasReason(err, "required"))
	require.True(t, fault.HasReason(fmt.Errorf("layer: %w", err), "required"))
	require.False(t, fault.HasReason(err, "too-long"))
	require.False(t, fault.HasReason(nil, "required"))
	require.False(t, fault.HasReason(io.EOF, "required"))
	two := &fault.Error{Code: fault.Invalid, Reason: "invalid-fields", Fields: []fault.Field{{"a", "required", ""}, {"b", "too-long", ""}}}
	require.True(t, fault.HasReason(two, "too-long"))
	require.True(t, fault.HasReason(two, "invalid-fields"))
}

func TestChecks_NothingWrongIsNil(t *testing.T) {
	var c fault.Checks
	require.True(t, c.That(true, "name", "required", ""))
	require.True(t, c.Take("terms", nil))
	require.True(t, c.Text("name", "Jessica", true, 7))
	require.NoError(t, c.Err())
	require.NoError(t, c.Err(), "an untyped nil, so that err != nil is false")
}

func TestChecks_OneComplaintGivesItsReason(t *testing.T) {
	var c fault.Checks
	require.False(t, c.That(false, "name", "required", "name must not be empty"))
	err := fault.Of(c.Err())
	require.Equal(t, &fault.Error{
		Code: fault.Invalid, Reason: "required", Detail: "name must not be empty",
		Fields: []fault.Field{{"name", "required", "name must not be empty"}},
	}, err)
	require.Equal(t, err, fault.Bad("name", "required", "name must not be empty"))
}

func TestChecks_SeveralComplaintsAllAtOnceInOrder(t *testing.T) {
	var c fault.Checks
	c.Add("b", "one", "")
	c.Add("a", "two", "")
	c.Add("b", "three", "")
	err := fault.Of(c.Err())
	require.Equal(t, fault.Invalid, err.Code)
	require.Equal(t, "invalid-fields", err.Reason)
	require.Equal(t, []fault.Field{{"b", "one", ""}, {"a", "two", ""}, {"b", "three", ""}}, err.Fields)
}

func TestChecks_TakeNestsFields(t *testing.T) {
	inner := &fault.Error{Code: fault.Invalid, Reason: "invalid-fields", Fields: []fault.Field{
		{"value", "negative-value", ""}, {"fee", "required", ""}, {"", "odd", ""}, {"deep.er", "x", ""},
	}}
	for _, c := range []struct {
		name string
		want []string
	}{
		{"fee", []string{"fee.value", "fee", "fee", "fee.deep.er"}},
		{"", []string{"value", "fee", "", "deep.er"}},
		{"terms.fee", []string{"terms.fee.value", "terms.fee.fee", "terms.fee", "terms.fee.deep.er"}},
	} {
		var checks fault.Checks
		require.False(t, checks.Take(c.name, fmt.Errorf("layer: %w", inner)))
		var got []string
		for _, f := range fault.Of(checks.Err()).Fields {
			got = append(got, f.Name)
		}
		require.Equal(t, c.want, got, c.name)
	}

	var checks fault.Checks
	checks.Take("id", fault.New(fault.Invalid, "malformed-id", "an id is a UUID"))
	checks.Take("other", errors.New("plain"))
	require.Equal(t, []fault.Field{{"id", "malformed-id", "an id is a UUID"}, {"other", "invalid", "plain"}}, fault.Of(checks.Err()).Fields)
}

func TestText_Limits(t *testing.T) {
	for _, c := range []struct {
		name, value string
		required    bool
		reason      string
	}{
		{"longest", "äöü✓é", true, ""},
		{"one longer", "äöü✓éx", true, "too-long"},
		{"optional and empty", "", false, ""},
		{"required and empty", "", true, "required"},
		{"required and blank", " \u00a0\u3000 ", true, "required"},
		{"optional and blank", "  ", false, ""},
		{"not UTF-8", "a\xff", false, "not-utf8"},
		{"cut rune", "a\xc3", false, "not-utf8"},
		{"zero byte", "a\x00", false, "control-character"},
		{"line break", "a\nb", false, "control-character"},
		{"tab", "a\tb", false, "control-character"},
		{"next line", "a\u0085b", false, "control-character"},
		{"delete", "a\x7f", false, "control-character"},
		{"megabytes", strings.Repeat("x", 1<<21), false, "too-long"},
	} {
		var checks fault.Checks
		ok := checks.Text("name", c.value, c.required, 5)
		require.Equal(t, c.reason == "", ok, c.name)
		require.Equal(t, ok, checks.Err() == nil, c.name)
		require.Equal(t, c.reason != "", fault.HasReason(checks.Err(), c.reason), c.name)
	}
}

func TestChecks_ListNoMoreThanMaxFields(t *testing.T) {
	for _, n := range []int{fault.MaxFields - 1, fault.MaxFields, fault.MaxFields + 1, 10_000} {
		var checks fault.Checks
		for range n {
			checks.Add("field", "bad", "it is bad")
		}
		require.Len(t, fault.Of(checks.Err()).Fields, min(n, fault.MaxFields))
		var outer fault.Checks
		outer.Add("first", "bad", "it is bad")
		outer.Take("", checks.Err())
		require.Len(t, fault.Of(outer.Err()).Fields, min(n+1, fault.MaxFields))
	}
}
