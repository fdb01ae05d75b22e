// Package campaigns holds campaigns, the influencers who take part, and the
// assignments between them. It decides which states a campaign may move
// through and when it earns credit; money is decided in package payouts.
package campaigns
