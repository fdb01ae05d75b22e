package clickstest_test

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/clicks/clickstest"
)

// plantedFault names the environment variable that plants a fault in the
// recorder of TestPlanted.
const plantedFault = "SUPERHER_PLANTED_FAULT"

// planted lists the faults, and the case that each must turn red.
func planted() map[string]string {
	return map[string]string{
		"forgets-the-referrer":                "Delivered/EachVisitReachesTheSinkAsItWas",
		"drops-the-last-of-a-batch":           "Delivered/EachVisitReachesTheSinkAsItWas",
		"one-at-a-time":                       "Delivered/WhatWasRecordedBeforeRunIsDelivered",
		"offers-too-many":                     "Delivered/WhatWasRecordedBeforeRunIsDelivered",
		"does-not-say-what-waits":             "Delivered/WhatWasRecordedBeforeRunIsDelivered",
		"waits-for-a-full-batch":              "Delivered/ASingleVisitIsNotHeldBack",
		"record-waits-for-the-store":          "Delivered/RecordDoesNotWaitForTheSink",
		"gives-up-when-the-store-is-away":     "Unavailable/AStoreThatWasAwayLosesNothing",
		"gives-up-what-a-broken-store-has":    "Unavailable/AStoreThatDoesNotKnowWhyLosesNothing",
		"asks-without-a-pause":                "Unavailable/OffersComeEverSlower",
		"gives-new-ids":                       "Unavailable/ALostAnswerStoresNothingTwice",
		"a-refused-one-takes-its-batch-along": "Refused/OneOfMany",
		"a-refused-one-is-offered-for-ever":   "Refused/OneOfMany",
		"counts-refused-ones-twice":           "Refused/OneOfMany",
		"has-no-bounds":                       "Room/WhatDoesNotFitIsShedAndCounted",
		"sheds-in-silence":                    "Room/WhatDoesNotFitIsShedAndCounted",
		"sheds-uncounted":                     "Room/WhatDoesNotFitIsShedAndCounted",
		"sheds-with-a-plain-error":            "Room/WhatDoesNotFitIsShedAndCounted",
		"room-never-comes-back":               "Room/ThereIsRoomAgainOnceSomeAreStored",
		"ends-at-once":                        "End/AHiccupMeanwhileLosesNothing",
		"goes-on-for-ever":                    "End/AStoreThatHangsIsWaitedForSomeSecondsOnly",
		"forgets-what-comes-late":             "End/WhatComesDuringAndAfterTheEndIsAccountedFor",
		"a-crash-loses-all":                   "Kept/WhatWasNeverDelivered",
		"takes-delivery-for-granted":          "Kept/WhatASinkThatWasAwayDidNotTake",
		"delivers-refused-ones-again":         "Kept/WhatWasRefusedDoesNotComeBack",
		"a-torn-record-loses-all":             "Kept/ATornLastRecordCostsNoOther",
		"writes-behind-a-torn-record":         "Kept/ATornLastRecordCostsNoOther",
		"keeps-addresses-in-clear":            "Privacy",
	}
}

// TestPlanted runs the suite on a recorder with the fault of the environment.
func TestPlanted(t *testing.T) {
	name := os.Getenv(plantedFault)
	if name == "" {
		return // TestSuite_CatchesEveryPlantedFault runs this test in a process of its own, with each fault in turn
	}
	clickstest.Run(t, harness(name))
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
