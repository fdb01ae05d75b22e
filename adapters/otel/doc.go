// Package otel decorates the ports of superher with OpenTelemetry: [Store],
// [Verifier] and [Sender] make a span and measurements of every call, and
// [Handler] adds the ids of the current span to log records. It decides what is
// told of a call; it exports nothing itself, and knows the API of OpenTelemetry
// only: the host brings the providers and shuts them down.
//
// A decorator answers exactly as what it decorates, error values included. One
// over a storage adapter hides what the adapter offers beside the port, so keep
// the adapter itself for that.
//
// # Names
//
// A span is named after port and method: storage.Reader.Campaign,
// storage.Tx.RecordEvents, auth.Verifier.Verify, mail.Sender.Send. Spans and
// measurements follow the semantic conventions where these have a name:
//
//   - db.operation.name: the method, such as Campaign;
//   - error.type: the [fault.Code] of a failed call, or panic where the call
//     never returned; absent after success;
//   - db.response.returned_rows: the events that EachEvent yielded, spans only.
//
// The rest is our own: superher.storage.port (Store, Reader, Tx, Source, System
// or Platform) and the outcome of tokens and mails on both; on spans only
// superher.advertiser.id, superher.error.reason, superher.storage.attempts (how
// often the fn of a transaction ran), superher.storage.rolled_back and
// superher.auth.issuer. Since a call of a port is not a statement and may need
// several, its spans are of kind internal, its duration is not
// db.client.operation.duration, and db.system.name is left to the
// instrumentation of a driver.
//
// The measurements are
//
//   - superher.storage.operation.duration, a histogram in seconds, by port,
//     method and error type;
//   - superher.storage.operation.errors, a counter, by the same;
//   - superher.auth.verifications, a counter, by superher.auth.outcome: valid,
//     invalid or unavailable;
//   - superher.mail.messages, a counter, by superher.mail.outcome: accepted,
//     not_sent, outcome_unknown, refused, rate_limited, invalid or failed.
//
// # What is never told
//
// No span and no measurement holds a token, key, hash, code, name, e-mail or
// network address, nor the text of an error, which may quote one. Measurements
// hold no id either: their labels come from closed sets, so that neither a
// tenant nor a stranger can make more of them.
package otel
