package storagetest_test

import (
	"context"
	"iter"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
)

// plantedFault names the environment variable that plants a fault in the store
// of TestPlanted.
const plantedFault = "SUPERHER_PLANTED_FAULT"

// planted lists the faults, and the case that each must turn red.
func planted() iter.Seq2[string, string] {
	return func(yield func(fault, name string) bool) {
		for _, some := range []map[string]string{plantedInTrade(), plantedInLists(), plantedInPlatform(), plantedInTotals()} {
			for fault, name := range some {
				if !yield(fault, name) {
					return
				}
			}
		}
	}
}

// plantedInTrade are faults in what advertisers keep and are told of it.
func plantedInTrade() map[string]string {
	return map[string]string{
		"link-forgets-the-tenant":                "Isolation/Reader/Link",
		"not-found-says-what":                    "Isolation/Reader/Campaign",
		"a-taken-id-is-internal":                 "Uniqueness/AnIDIsTakenOnce",
		"coupon-admits-that-it-exists":           "Isolation/Reader/Coupon",
		"reports-of-everyone":                    "Isolation/Source/Overview",
		"zero-view-reads-everything":             "Doors/TheZeroViewIsRefusedByEveryMethod",
		"foreign-campaign-is-accepted":           "Isolation/Tx/CreateLink",
		"facts-of-everyone":                      "Isolation/Tx/Facts",
		"version-is-ignored":                     "Versions/Campaign/AnotherVersionIsChangedMeanwhile",
		"update-forgets-a-field":                 "Versions/Link/AnUpdateStoresTheSuccessor",
		"milliseconds-only":                      "Moments/TheMicrosecondIsKept",
		"local-time":                             "Moments/TheMicrosecondIsKept",
		"codes-fold-case":                        "Text/CodesCompareByteForByte",
		"text-is-trimmed":                        "Text/EveryTextComesBackByteForByte",
		"repeats-are-new":                        "Idempotency/TheSameEventAgainIsARepeatWithTheFirstResult",
		"print-is-ignored":                       "Idempotency/AnotherPrintUnderTheExternalIDIsEventDiffers",
		"last-of-a-batch-is-dropped":             "Idempotency/AFullBatchIsStored",
		"taken-codes-are-kept-quiet":             "Uniqueness/ATakenCouponCodeIsReturnedAndTheOthersAreStored",
		"bots-are-people":                        "Clicks/OnlyHumanClicksCountAndEveryHitIsKept",
		"duplicates-are-not-marked":              "Clicks/ARepeatedVisitWithinTheWindowIsADuplicate",
		"clicks-are-stored-again":                "Clicks/ABatchMayBeSentAgain",
		"a-click-is-known-by-its-id-alone":       "Clicks/TheSameIDAtAnotherMomentIsAnotherClick",
		"late-clicks-are-compared-with-the-last": "Clicks/ALateClickIsJudgedByBothNeighbours",
		"a-click-says-whose-it-is":               "Clicks/TheCampaignAndInfluencerAreTheLinksOwn",
		"an-unknown-key-is-used":                 "System/AUseOfAnUnknownKeyIsNotFound",
		"period-holds-its-end":                   "Events/EachEventCoversFromAndNotTo",
		"report-period-holds-its-end":            "Moments/AMicrosecondDecidesAPeriod",
		"chart-ignores-the-zone":                 "Stats/EveryReportAgreesWithFold",
		"zero-amounts-are-left-out":              "Stats/ACurrencyThatOccurredIsListedWithZero",
		"search-is-a-pattern":                    "Stats/EveryReportAgreesWithFold",
		"error-of-a-brief-fn-commits":            "Concurrency/BriefWritesShareNoFate",
		"error-of-fn-commits":                    "Atomicity/AnErrorOfFnRollsEverythingBackAndIsReturnedAsItIs",
		"panic-of-fn-commits":                    "Atomicity/APanicOfFnRollsEverythingBackAndGoesOn",
		"error-of-fn-is-wrapped":                 "Atomicity/AnErrorOfFnRollsEverythingBackAndIsReturnedAsItIs",
		"salt-is-always-fresh":                   "System/TheFirstSaltOfADayStays",
		"use-goes-back-in-time":                  "System/AUseIsNotedAndAnEarlierOneChangesNothing",
		"cursor-is-ignored":                      "Paging/Links",
		"page-repeats-its-last-item":             "Paging/Coupons",
		"coupon-uses-count-all-events":           "Events/CouponUsesCountTheConversionsItWon",
		"events-in-any-order":                    "Events/EachEventIsInTheOrderOfOccurredAtAndThenID",
		"a-plain-error-leaves-the-store":         "System/AKeyIsFoundByItsHashUsableOrNot",
		"a-shared-influencer-is-forgotten":       "Visibility/AnAdvertiserSeesThoseItCreatedAndThoseSharedWithIt",
	}
}

// plantedInLists are faults in what is listed, and in its totals.
func plantedInLists() map[string]string {
	return map[string]string{
		"links-of-everybody":           "Lists/LinksAndCouponsAreNarrowedToWhomIsNamed",
		"coupons-of-any-influencer":    "Isolation/Reader/Coupons",
		"link-clicks-count-bots":       "Lists/LinkClicksCountThoseByPeople",
		"link-clicks-of-everyone":      "Isolation/Reader/LinkClicks",
		"events-of-everyone":           "Isolation/Reader/Events",
		"events-ascend":                "Lists/EventsAreListedTheLatestFirstAndThenByIDDownwards",
		"a-page-ends-its-moment":       "Lists/PagesOfOneMomentMissNothingAndRepeatNothing",
		"an-external-id-is-a-prefix":   "Lists/EventsAreFoundByTheirExternalIDByteForByte",
		"the-method-is-ignored":        "Stats/EveryReportAgreesWithFold",
		"payouts-are-totalled-by-page": "Stats/EveryReportAgreesWithFold",
		"payouts-of-everyone":          "Isolation/Source/Payouts",
	}
}

// plantedInPlatform are faults in what no advertiser's view shows: people,
// requests, tickets and the platform's own transactions.
func plantedInPlatform() map[string]string {
	return map[string]string{
		"identities-fold-case":            "Users/IdentitiesCompareByteForByte",
		"an-identity-is-its-subject":      "Users/AnIdentityOrIDIsTakenOnce",
		"people-of-every-status":          "Users/PeopleAreListedByStatus",
		"the-version-of-a-person":         "Users/AnotherVersionIsChangedMeanwhile",
		"an-update-moves-an-identity":     "Users/AnUpdateStoresTheSuccessorAndWhatItMayChange",
		"an-unknown-advertiser-is-none":   "Users/AnUnknownPersonOrAdvertiserIsNotFound",
		"claims-forget-the-tenant":        "Isolation/Tx/ClaimRequest",
		"platform-shares-the-keys-of-all": "Isolation/Platform/ClaimRequest",
		"claims-outlast-a-rollback":       "Requests/AnErrorLeavesNeitherClaimNorEffect",
		"every-claim-is-the-first":        "Requests/OfManyWithOneKeyOneIsCarriedOutAndAllGetItsAnswer",
		"a-claim-compares-fingerprints":   "Requests/ASecondClaimReturnsTheFirstWithItsAnswer",
		"a-claim-overtakes-another":       "Requests/AClaimWaitsForTheRunningOneAndGetsItsAnswer",
		"answers-are-cut":                 "Requests/AnAnswerComesBackByteForByte",
		"keys-are-trimmed":                "Requests/KeysCompareByteForByte",
		"an-unknown-key-is-answered":      "Requests/AnAnswerToAnUnknownKeyIsNotFound",
		"all-requests-are-dropped":        "Requests/DropRequestsDropsTheOlderOfAllAndKeepsTheNewer",
		"requests-are-dropped-one-late":   "Requests/DropRequestsDropsTheOlderOfAllAndKeepsTheNewer",
		"a-taken-ticket-stays":            "Tickets/ATicketIsTakenOnce",
		"an-expired-ticket-is-gone":       "Tickets/AnExpiredTicketIsReturnedAsWell",
		"a-taken-hash-is-kept-quiet":      "Tickets/AHashIsTakenAcrossAdvertisersAndThePlatform",
		"requests-are-dropped-in-time":    "Requests/DropRequestsDropsWhatIsStoredAsLessThanAMicrosecondBefore",
		"tickets-are-dropped-in-time":     "Tickets/DropTicketsDropsWhatIsStoredAsLessThanAMicrosecondBefore",
		"tickets-are-dropped-ahead":       "Tickets/DropTicketsKeepsWhatIsCutToTheMoment",
		"requests-are-dropped-ahead":      "Requests/DropRequestsKeepsWhatIsCutToTheMoment",
		"a-zero-byte-breaks-an-update":    "Users/AZeroByteOfAnEMailIsKeptOrRefusedAsTheCallersMistake",
		"a-zero-byte-is-refused-when-new": "Users/AZeroByteOfAnEMailIsKeptOrRefusedAsTheCallersMistake",
		"a-zero-byte-ends-an-e-mail":      "Users/AZeroByteOfAnEMailIsKeptOrRefusedAsTheCallersMistake",
		"tickets-are-never-dropped":       "Tickets/DropTicketsDropsTheExpiredAndKeepsTheOthers",
		"administer-commits-on-error":     "Administer/AnErrorOfFnRollsEverythingBackAndIsReturnedAsItIs",
		"administer-commits-a-panic":      "Administer/APanicOfFnRollsEverythingBackAndGoesOn",
		"a-kept-platform-works-on":        "Administer/ATransactionMustNotBeUsedAfterFnHasReturned",
		"claims-cut-the-moment":           "Moments/TheMomentsThatAreAlwaysSetAreKept",
	}
}

// TestPlanted runs the suite on a store with the fault of the environment.
func TestPlanted(t *testing.T) {
	name := os.Getenv(plantedFault)
	if name == "" {
		return // TestSuite_CatchesEveryPlantedFault runs this test in a process of its own, with each fault in turn
	}
	storagetest.Run(t, storagetest.Harness{
		New:   func(*testing.T) storage.Store { return &faultyStore{Store: memory.New(), fault: name} },
		Scale: 50, Seeds: 10,
	})
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
	cmd := exec.CommandContext(ctx, self, "-test.run", pattern, "-test.v", "-test.timeout", "60s")
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
