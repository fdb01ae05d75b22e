// Package payouts holds the only commission arithmetic of superher: which terms
// were in force when a sale happened, and what the influencer earned by them.
// It decides amounts and gives their reason; it stores nothing and pays nobody.
package payouts
