// Package load sends requests to a server on this machine and counts what comes
// back: in a closed loop, as fast as the workers get answers, or in an open
// loop at a fixed rate, where each answer is timed from the moment its request
// was due, so that a server that stalls cannot hide behind requests that were
// never sent.
//
// Requests are bytes on kept-alive connections, and answers are read no further
// than needed: the generator shares its cores with what it measures, and
// whatever it spends flatters the slower side of a comparison.
package load
