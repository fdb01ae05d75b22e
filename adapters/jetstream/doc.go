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
// lost with the process, and what the stream refuses or does not answer for is
// counted as shed.
//
// While the stream does not answer, nobody waits for it longer than
// Config.Timeout, and most do not wait at all: Record fails at once with
// fault.Unavailable, but for one visit after each pause that tries the stream.
// With Async visits go on being taken until the window is full. An embedded
// server whose stream was broken by a failed write, for example on a full disk,
// is started again in the process as soon as its folder can be written.
//
// # How it is delivered
//
// Run pulls batches from one durable consumer, which any number of processes
// share, hands each to the sink and acknowledges it after the sink has stored
// it. While the sink is away the batch is kept alive; should the process die
// instead, others get its visits after Config.AckWait. A consumer or a stream
// that somebody has deleted is made again. Visits that cannot be opened, since
// they were sealed with another key, are counted as refused and given up.
//
// A stream holds Config.MaxBytes at most. What does not fit is refused by the
// stream, and counted as shed: nothing older gives way to it.
//
// One process at a time may have an embedded server's folder open. A platform
// without flock has no embedded server.
package jetstream
