// Package attribution decides which influencer a conversion event is credited
// to: coupon first, then ref code, then landing URL. [Decide] is a pure
// function of the evidence and the facts, and its answer explains itself. The
// package loads no facts and stores no answers.
package attribution
