// Package fault defines the one error type of superher and its closed set of
// codes. It decides how a failure is classified and named; it does not decide
// how one is shown or logged, which is left to the edge that answers a caller.
//
// A code is its own sentinel:
//
//	if errors.Is(err, fault.NotFound) { … }
//
// Adapters translate what their engine reports at their own edge; nobody wraps
// an [*Error] a second time.
package fault
