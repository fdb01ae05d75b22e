package auth_test

import (
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"io"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
)

func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func mint(t testing.TB, random io.Reader, test bool) auth.Minted {
	t.Helper()
	key, err := auth.MintKey(random, test)
	require.NoError(t, err)
	return key
}

// refused holds what every refusal must look like: the same, whatever its cause.
func refused(t testing.TB, err error) {
	t.Helper()
	require.Equal(t, auth.InvalidCredential(nil), err)
}

func TestMintKey_Parts(t *testing.T) {
	for test, prefix := range map[bool]string{false: "sk_live_", true: "sk_test_"} {
		key := mint(t, seeded(1), test)
		require.Regexp(t, `\A`+prefix+`[0-9A-Za-z]{51}\z`, key.Raw)
		require.Len(t, key.Raw, auth.KeySize)
		require.Equal(t, key.Raw[:20], key.Prefix)
		require.Equal(t, key.Raw[55:], key.LastFour)
		require.Equal(t, sha256.Sum256([]byte(key.Raw)), key.Hash)
		hash, err := auth.CheckKey(key.Raw)
		require.NoError(t, err)
		require.Equal(t, key.Hash, hash)
	}
}

func TestMintKey_TheSecretHasMoreThan190Bits(t *testing.T) {
	const shown = len("sk_live_") + 12 // prefix and key id are shown, the check follows from the rest
	secret := auth.KeySize - shown - 6
	possible := new(big.Int).Exp(big.NewInt(62), big.NewInt(int64(secret)), nil)
	require.GreaterOrEqual(t, possible.BitLen()-1, 190)
	require.Equal(t, 196, possible.BitLen()-1)
}

func TestMintKey_TheCheckIsCRC32OfAllBeforeIt(t *testing.T) {
	random := seeded(2)
	for range 1000 {
		raw := mint(t, random, false).Raw
		sum := new(big.Int)
		for _, c := range raw[len(raw)-6:] {
			digit := strings.IndexRune("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", c)
			sum.Add(sum.Mul(sum, big.NewInt(62)), big.NewInt(int64(digit)))
		}
		require.EqualValues(t, crc32.ChecksumIEEE([]byte(raw[:len(raw)-6])), sum.Uint64())
	}
}

func TestMintKey_FailsWithTheRandomSource(t *testing.T) {
	cause := errors.New("no entropy")
	key, err := auth.MintKey(broken{cause}, false)
	require.ErrorIs(t, err, fault.Internal)
	require.ErrorIs(t, err, cause)
	require.Equal(t, auth.Minted{}, key)
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// A typo is refused without a lookup: 1,000 keys, every other value of every byte.
func TestCheckKey_EverySingleCharacterChangeIsRefused(t *testing.T) {
	random, changes := seeded(3), 0
	for i := range 1000 {
		key := mint(t, random, i%2 == 0)
		for at := range key.Raw {
			changed := []byte(key.Raw)
			for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. \x00\xff") {
				if c == key.Raw[at] {
					continue
				}
				changed[at] = c
				if _, err := auth.CheckKey(string(changed)); err == nil {
					t.Fatalf("key %d passes with %q at %d", i, c, at)
				}
				changes++
			}
		}
	}
	require.Greater(t, changes, 3_900_000)
}

func TestCheckKey_NeighboursExchangedAreRefused(t *testing.T) {
	random := seeded(4)
	for range 1000 {
		key := []byte(mint(t, random, false).Raw)
		for i := range len(key) - 1 {
			if key[i] == key[i+1] {
				continue
			}
			key[i], key[i+1] = key[i+1], key[i]
			_, err := auth.CheckKey(string(key))
			require.Error(t, err)
			key[i], key[i+1] = key[i+1], key[i]
		}
	}
}

func TestCheckKey_EveryRefusalLooksTheSame(t *testing.T) {
	good := mint(t, seeded(5), false).Raw
	for name, bad := range map[string]string{
		"empty":              "",
		"blank":              " ",
		"prefix only":        "sk_live_",
		"one short":          good[:auth.KeySize-1],
		"one long":           good + "0",
		"space before":       " " + good,
		"space in place":     " " + good[1:],
		"line break after":   good + "\n",
		"another kind":       "sk_demo_" + good[8:],
		"live made test":     "sk_test_" + good[8:],
		"upper case":         strings.ToUpper(good),
		"wrong check":        good[:auth.KeySize-6] + "000000",
		"check out of range": good[:auth.KeySize-6] + "zzzzzz",
		"not base62":         good[:30] + "-" + good[31:],
		"megabytes":          strings.Repeat(good, 20_000),
	} {
		hash, err := auth.CheckKey(bad)
		require.ErrorIs(t, err, fault.Unauthenticated, name)
		require.True(t, fault.HasReason(err, "invalid-credential"), name)
		refused(t, err)
		require.Zero(t, hash, name)
	}
}

// A right check does not make a key of what is not base62.
func TestCheckKey_RefusesOtherCharactersUnderARightCheck(t *testing.T) {
	const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for _, c := range []string{"-", "_", " ", "\x00", "\xff", "\n", "\"", "0"} {
		for at := range 45 {
			random := strings.Repeat("a", at) + c + strings.Repeat("b", 44-at)
			body := "sk_live_" + random
			check := ""
			for sum := crc32.ChecksumIEEE([]byte(body)); len(check) < 6; sum /= 62 {
				check = base62[sum%62:sum%62+1] + check
			}
			_, err := auth.CheckKey(body + check)
			require.Equal(t, c == "0", err == nil, "%q at %d", c, at)
		}
	}
}

func TestInvalidCredential_KeepsTheCauseForTheLogOnly(t *testing.T) {
	err := auth.InvalidCredential(io.EOF)
	require.ErrorIs(t, err, io.EOF)
	require.ErrorIs(t, err, fault.Unauthenticated)
	require.Equal(t, auth.InvalidCredential(nil).Detail, err.Detail)
}

func FuzzCheckKey(f *testing.F) {
	random := rand.NewChaCha8([32]byte{6})
	for _, test := range []bool{false, true} {
		key, err := auth.MintKey(random, test)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(key.Raw)
	}
	f.Add("")
	f.Add("sk_live_")
	f.Fuzz(func(t *testing.T, raw string) {
		hash, err := auth.CheckKey(raw)
		if err != nil {
			refused(t, err)
			require.Zero(t, hash)
			return
		}
		require.Regexp(t, `\Ask_(live|test)_[0-9A-Za-z]{51}\z`, raw)
		require.Equal(t, sha256.Sum256([]byte(raw)), hash)
	})
}

func BenchmarkCheckKey(b *testing.B) {
	key := mint(b, seeded(7), false)
	for b.Loop() {
		if _, err := auth.CheckKey(key.Raw); err != nil {
			b.Fatal(err)
		}
	}
}
