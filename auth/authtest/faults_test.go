package authtest_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/auth"
	"github.com/superher/superher/auth/authtest"
)

// plantedFault names the environment variable that plants a fault in the
// verifier of TestPlanted.
const plantedFault = "SUPERHER_PLANTED_FAULT"

// planted lists the faults, and the case that each must turn red.
func planted() map[string]string {
	return map[string]string{
		"takes-none":                    "Algorithms/AlgIsNoneUnsigned",
		"takes-hs256":                   "Algorithms/HS256WithThePEM",
		"takes-rs384":                   "Algorithms/RS384CalledRS384",
		"ignores-crit":                  "Headers/CritOfUnknown",
		"trusts-an-embedded-key":        "Headers/StrangerJwk",
		"takes-a-logout-token":          "Headers/TypOfALogoutToken",
		"fetches-what-a-token-names":    "Headers",
		"checks-half-of-the-signature":  "Signatures",
		"trims-the-token":               "Forms/SpaceAfter",
		"takes-loose-bits":              "Forms/LooseBitsInSignature",
		"internal-for-odd-tokens":       "Forms/Empty",
		"needs-no-expiry":               "Claims/plain/ExpMissing",
		"ignores-the-expiry":            "Claims/plain/ExpPast",
		"takes-a-huge-expiry":           "Claims/plain/Exp1e308",
		"ignores-nbf":                   "Claims/plain/NbfFuture",
		"ignores-the-issuer":            "Claims/plain/IssOther",
		"takes-any-audience":            "Claims/plain/ClientOther",
		"needs-no-subject":              "Claims/plain/SubEmpty",
		"has-a-leeway-of-minutes":       "Moments/plain/TheLeewayIsAtMost60Seconds",
		"says-a-later-expiry":           "Moments/plain/ATokenIsRefusedFromExpiresAtOn",
		"leaves-out-the-expiry":         "Accepted/plain",
		"every-address-is-verified":     "Accepted/plain/AnAddressIsVerifiedOnlyIfTheTokenSaysSo",
		"takes-one-audience-only":       "Accepted/plain/AnAudienceOfTwo",
		"folds-names":                   "Names/plain/Only_EXP",
		"takes-the-last-of-two":         "Names/plain/Twice_nobody_knows",
		"tells-why":                     "Refusals",
		"logs-the-token":                "Headers/KidIsMissing",
		"unavailable-for-unknown-keys":  "Headers/KidIsUnknown",
		"takes-short-keys":              "Keys/too-short",
		"takes-the-exponent-one":        "Keys/exponent-one-forged",
		"takes-keys-for-encryption":     "Keys/for-encryption",
		"refuses-without-keys":          "KeySets/Cold/Down",
		"forgets-its-keys":              "KeySets/Warm/EmptySet",
		"forgets-its-keys-after-a-day":  "KeySets/Warm/Status500",
		"follows-redirects":             "KeySets/Cold/Redirecting",
		"reads-everything":              "KeySets/Cold/Body512MB",
		"fetches-for-every-unknown-key": "Fetches/UnknownKeysCauseOneFetchInTenSeconds",
		"waits-for-a-fetch":             "Fetches/AGoodTokenNeverWaitsForAFetch",
		"one-who-gives-up-spoils-it":    "Fetches/ACallerMayGiveUpAndTheOthersStillGetTheKeys",
		"ignores-the-deadline":          "Fetches/ADeadlineEndsTheWait",
		"never-takes-a-new-key":         "Rotation/ANewKeyIsAcceptedWithinTenSecondsAndTheOldOneUntilItLeaves",
		"keeps-keys-for-ever":           "Rotation/AKeyIdThatGetsAnotherKeyCountsForTheNewOneOnly",
	}
}

// TestPlanted runs the suite on a verifier with the fault of the environment.
func TestPlanted(t *testing.T) {
	name := os.Getenv(plantedFault)
	if name == "" {
		return // TestSuite_CatchesEveryPlantedFault runs this test in a process of its own, with each fault in turn
	}
	authtest.Run(t, authtest.Harness{New: func(t *testing.T, issuer authtest.Issuer) auth.Verifier { return faulty(t, issuer, name) }})
}

// run runs one case of TestPlanted in a process of its own, as a test that
// fails cannot be watched from within, and returns what it printed.
func run(t *testing.T, fault, name string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	pattern := "^TestPlanted$"
	for part := range strings.SplitSeq(name, "/") {
		pattern += "/^" + part + "$"
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run", pattern, "-test.v", "-test.timeout", "4m") // under the race detector a fault may be slow
	cmd.Env = append(os.Environ(), plantedFault+"="+fault)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestSuite_CatchesEveryPlantedFault(t *testing.T) {
	for fault, name := range planted() {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			out, err := run(t, fault, name)
			var failed *exec.ExitError
			require.ErrorAs(t, err, &failed, "the suite did not catch it:\n%s", out)
			require.Regexp(t, "--- FAIL: TestPlanted/"+regexp.QuoteMeta(name), out)
		})
	}
}

// Without a fault the same cases pass: it is the fault that turns them red.
func TestSuite_PassesWithoutAFault(t *testing.T) {
	t.Parallel()
	out, err := run(t, "none", ".*")
	require.NoError(t, err, out)
	for _, name := range planted() {
		require.Contains(t, out, "--- PASS: TestPlanted/"+name)
	}
}
