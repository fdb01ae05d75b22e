// Package coupons holds discount codes: how what a shopper typed becomes a
// code, how codes are made, and when one may be used. It decides what a code
// is; whom a used code credits is decided in package attribution.
package coupons
