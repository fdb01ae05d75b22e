package ident_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
)

type thing struct{}

type id = ident.Of[thing]

var (
	_ driver.Valuer = id{}
	_ sql.Scanner   = (*id)(nil)
)

func made(t require.TestingT, at time.Time, random byte) id {
	made, err := ident.New[thing](at, constant(random))
	require.NoError(t, err)
	return made
}

func TestNew_LayoutOfRFC9562Version7(t *testing.T) {
	// The moment of the RFC's own example, 2022-02-22 14:22:22 -05:00: 0x017F22E279B0.
	at := time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)
	require.Equal(t, "017f22e2-79b0-7000-8000-000000000000", made(t, at, 0).String())
	require.Equal(t, "017f22e2-79b0-7000-bfff-ffffffffffff", made(t, at, 0xff).String())
	// rand_a holds the fraction of the millisecond in 4,096ths.
	require.Equal(t, "017f22e2-79b0-7800-8000-000000000000", made(t, at.Add(500*time.Microsecond), 0).String())
	require.Equal(t, "017f22e2-79b0-7fff-8000-000000000000", made(t, at.Add(time.Millisecond-1), 0).String())
	require.Equal(t, "017f22e2-79b1-7000-8000-000000000000", made(t, at.Add(time.Millisecond), 0).String())
	require.Equal(t, "00000000-0000-7000-8000-000000000000", made(t, time.Unix(0, 0), 0).String())
	require.Equal(t, made(t, at, 0), made(t, at.In(time.FixedZone("", 5*3600+1800)), 0), "a zone changes nothing")
}

func TestNew_VersionAndVariantOfEveryID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		got := made(t, at, rapid.Byte().Draw(t, "random"))
		require.EqualValues(t, 7, got[6]>>4)
		require.EqualValues(t, 2, got[8]>>6)
		back, err := ident.Parse[thing](got.String())
		require.NoError(t, err)
		require.Equal(t, got, back)
	})
}

func TestNew_OrdersByTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 1<<37).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		later := at.Add(time.Duration(rapid.Int64Range(250, 1<<50).Draw(t, "later"))) // 250 ns is more than one 4,096th
		early, late := made(t, at, 0xff), made(t, later, 0)
		require.Negative(t, bytes.Compare(early[:], late[:]))
		require.Less(t, early.String(), late.String())
	})
}

func TestNew_FailsOnlyWithTheRandomSource(t *testing.T) {
	cause := errors.New("no entropy")
	got, err := ident.New[thing](time.Unix(1, 0), broken{cause})
	require.ErrorIs(t, err, fault.Internal)
	require.ErrorIs(t, err, cause)
	require.True(t, fault.HasReason(err, "random-source-failed"))
	require.True(t, got.IsZero())

	_, err = ident.New[thing](time.Unix(1, 0), bytes.NewReader(make([]byte, 7)))
	require.ErrorIs(t, err, fault.Internal, "eight bytes are needed")
}

func TestParse_IsStrict(t *testing.T) {
	const good = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
	got, err := ident.Parse[thing](good)
	require.NoError(t, err)
	require.Equal(t, good, got.String())

	for _, bad := range []string{
		"", "-", good[1:], good + "0", good + "\n", " " + good[1:], strings.ToUpper(good), "{" + good[:34] + "}",
		"urn:uuid:" + good, strings.ReplaceAll(good, "-", ""), strings.ReplaceAll(good, "-", "_"),
		"018f3c5e7-b1a-7c3d-9e2f-0a1b2c3d4e5f", "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5g", "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5-",
		"018f3c5-e7b1a-7c3d-9e2f-0a1b2c3d4e5f", "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e\xc3\xa9",
		"00000000-0000-0000-0000-000000000000",
	} {
		got, err := ident.Parse[thing](bad)
		require.ErrorIs(t, err, fault.Invalid, bad)
		require.True(t, fault.HasReason(err, "malformed-id"), bad)
		require.True(t, got.IsZero(), bad)
	}
}

func TestParse_EveryChangedCharacterIsRefusedOrAnotherID(t *testing.T) {
	const good = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
	original, err := ident.Parse[thing](good)
	require.NoError(t, err)
	for i := range good {
		for c := range 256 {
			if byte(c) == good[i] {
				continue
			}
			changed := good[:i] + string([]byte{byte(c)}) + good[i+1:]
			if got, err := ident.Parse[thing](changed); err == nil {
				require.Equal(t, changed, got.String())
				require.NotEqual(t, original, got)
			}
		}
	}
}

func TestUnmarshalText_LeavesTheIDAloneOnError(t *testing.T) {
	got := made(t, time.Unix(1, 0), 3)
	before := got
	require.Error(t, got.UnmarshalText([]byte("018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5G")))
	require.Equal(t, before, got)
}

func TestJSON_RoundTripsWithTheZeroID(t *testing.T) {
	type row struct{ A, B id }
	in := row{A: made(t, time.Unix(1700000000, 0), 9)}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	var out row
	require.NoError(t, json.Unmarshal(text, &out))
	require.Equal(t, in, out)
}

func TestScanAndValue_RoundTrip(t *testing.T) {
	want := made(t, time.Unix(1700000000, 0), 9)
	value, err := want.Value()
	require.NoError(t, err)
	require.Equal(t, want[:], value)
	for _, src := range []any{value, want.String(), []byte(want.String())} {
		var got id
		require.NoError(t, got.Scan(src))
		require.Equal(t, want, got)
	}

	value, err = id{}.Value()
	require.NoError(t, err)
	require.Nil(t, value, "the zero id is NULL")
	got := want
	require.NoError(t, got.Scan(nil))
	require.True(t, got.IsZero(), "NULL is the zero id")

	for _, src := range []any{int64(1), "x", []byte("15 bytes, no id"), []byte{}, time.Now()} {
		require.Error(t, got.Scan(src))
	}
	require.ErrorIs(t, got.Scan(int64(1)), fault.Internal)
}

func TestScan_CopiesTheBytesOfTheDriver(t *testing.T) {
	raw := bytes.Repeat([]byte{7}, 16)
	var got id
	require.NoError(t, got.Scan(raw))
	raw[0] = 8
	require.EqualValues(t, 7, got[0])
}
