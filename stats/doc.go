// Package stats defines every report of superher: the one [Filter] they share,
// their results, the [Source] port that answers them, and [Fold], which
// computes the same answers from slices of events and clicks. Fold is the
// definition; a storage adapter's Source has to agree with it to the cent, and
// [Reconcile] checks that the reports agree with each other.
//
// A report says what the stored events and clicks come to; it attributes
// nothing and computes no commission.
//
// A store may keep sums by hour, or any other rollup, and answer from these: it
// is still a [Source], and Fold still decides whether it is right. Two things do
// not come out of such sums: distinct visitors, which do not add up, and hours
// of zones that are not whole hours from UTC.
package stats
