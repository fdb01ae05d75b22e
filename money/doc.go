// Package money holds amounts as whole minor units of an ISO 4217 currency. It
// decides how money is read, written, rounded, split and summed; it never
// converts between currencies and never touches a float.
package money
