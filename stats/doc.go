// Package stats defines every report of superher: the one [Filter] they share,
// their results, the [Source] port that answers them, and [Fold], which
// computes the same answers from slices of events and clicks. Fold is the
// definition; a storage adapter's Source has to agree with it to the cent, and
// [Reconcile] checks that the reports agree with each other.
//
// A report says what the stored events and clicks come to; it attributes
// nothing and computes no commission.
//
// A store may keep sums by day, or any other rollup, and answer from these: it
// is still a [Source], and Fold still decides whether it is right. Two things
// need care. Distinct visitors add up only over whole UTC days, whose pseudonyms
// differ. A date in a zone may have gaps, come back, or not exist.
package stats
