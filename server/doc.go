// Package server is the REST API of superher over HTTP, built on the public
// packages alone. It decides how requests are read and answers are written: the
// redirect, the routes under /api/v1, strict JSON, problem details (RFC 9457)
// and the limits of every request. It decides nothing about campaigns, events
// or money, stores nothing, and starts nothing in the background.
//
// # Conventions
//
// Requests are one JSON object with known members only, each at most once, in
// the case given, in UTF-8. A member that is null is a member left out, and in a
// PATCH one that is emptied. Numbers that are money or rates may be strings or
// plain decimal literals; they never pass through a float.
//
// Callers are machines with an API key and people with a token that
// Config.Verifier vouches for. Each reads and changes its own advertiser,
// whatever it asks for; an admin reads all, or the one named by advertiser_id,
// and says in a write whose it is.
//
// A POST with an Idempotency-Key is carried out once: its effect and its answer
// are stored together, and the same request again gets the first answer with
// Idempotency-Replayed. A PATCH names the version it is meant for in If-Match.
// [Operations] lists what there is, and the OpenAPI document describes it.
//
// Answers have every member always: what has no value is null, a list without
// items is []. Times are RFC 3339 in UTC with at most microseconds, ids are
// UUIDs, money is {"amount": "1499.00", "currency": "INR"}. A list is
// {"data": [...], "next_cursor": "..."} with null on the last page.
//
// Errors are application/problem+json with the members type, title, status,
// code, reason, detail, errors and instance; instance is the X-Request-Id of
// the answer. Programs go by code and reason, which do not change.
package server
