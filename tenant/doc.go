// Package tenant holds the advertisers, their keys and people, and the two
// capabilities that every access to data needs: a [Scope], exactly one
// advertiser, to write; a [View], one advertiser or all, to read. It decides
// who may reach what; it does not store or verify anything.
package tenant
