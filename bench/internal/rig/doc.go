//go:build linux

// Package rig puts up what is measured and what is broken: the built command on
// SQLite or Postgres, each a process of its own in a scratch folder and on a free
// port of the loopback address, a small world of campaigns, links and coupons in
// it, and a look into the database behind the server's back. All processes end
// with the program that started them.
package rig
