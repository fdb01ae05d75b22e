// Package clicktest holds that the totals of clicks equal the clicks, on any SQL
// database and whatever the order of arrival. It is for tests of the adapters.
package clicktest
