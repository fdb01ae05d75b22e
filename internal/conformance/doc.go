// Package conformance runs the public suites against the real adapters. It
// holds tests only: what they need, containers above all, must not become a
// requirement of those who import an adapter.
//
// Postgres comes from the first of these that is there:
//
//  1. the server at SUPERHER_TEST_DATABASE_URL, a connection URL of a user who
//     may create databases and roles;
//  2. a container of SUPERHER_TEST_POSTGRES_IMAGE, by default the official image;
//  3. the postgres and initdb programs of this computer.
//
// With none of them the tests on Postgres are skipped, and say so on standard
// error; with CI=true they fail instead. SUPERHER_TEST_POSTGRES=off leaves them
// out on purpose. SUPERHER_CONFORMANCE=full runs the suite at full scale, as
// CI=true does.
package conformance
