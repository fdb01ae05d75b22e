// Package superher gives a Go service influencer attribution: campaigns,
// influencers, coupons, tracking links, conversion events and what they earn.
//
// [New] makes a [Client] on a storage adapter. [Client.For] is one advertiser's
// [Account], to write and read; [Client.Across] is a [Viewer], to read one
// advertiser or all. The package orchestrates: it loads facts, calls the pure
// packages that hold the rules, and stores what they answer. It starts nothing
// in the background; whatever runs for long is a Run(ctx) that the host calls.
//
// Every error is a *fault.Error; see package fault for the closed set of codes.
package superher
