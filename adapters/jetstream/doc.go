// Package jetstream is a clicks.Recorder over NATS JetStream: for several
// redirect nodes in front of one store, or for a node that keeps visits in an
// embedded server's file store. It decides how visits are published, kept and
// shared between consumers.
//
// # What a recorded visit survives
//
// A visit is sealed, see clicks.Sealer, and published to a stream of its own.
// With [Sync], Record returns nil once the stream has acknowledged it. An
// embedded server has written it to its file then, so that a killed process
// loses nothing; what a loss of power takes is bounded by Config.Fsync. A
// cluster has it on the majority of Config.Replicas nodes. With [Async], Record
// does not wait; what is not acknowledged yet, at most Config.Window visits, is
// lost with the process, and what the stream refuses is counted as shed.
//
// # How it is delivered
//
// Run pulls batches from one durable consumer, which any number of processes
// share, hands each to the sink and acknowledges it after the sink has stored
// it. While the sink is away the batch is kept alive; should the process die
// instead, others get its visits after Config.AckWait. Visits that cannot be
// opened, since they were sealed with another key, are counted as refused and
// given up.
//
// A stream holds Config.MaxBytes at most. What does not fit is refused by the
// stream, and counted as shed: nothing older gives way to it.
//
// One process at a time may have an embedded server's folder open.
package jetstream
