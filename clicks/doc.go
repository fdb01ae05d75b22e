// Package clicks is the way of a visit from a redirect to the store: the
// [Recorder] port, what its adapters share, and a recorder in memory.
//
// A redirect must not wait for a database and must not lose its click, so it
// only records the visit. A recorder keeps it, and its Run, which the host
// calls, hands visits in batches to a [Sink]. What a visit becomes (its class,
// the pseudonym of the visitor, whether it repeats an earlier one) is decided
// behind the sink and not here.
package clicks
