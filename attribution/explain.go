package attribution

// Explanation answers why an event was credited as it was, in words: what was
// decided, and what became of every candidate.
type Explanation struct {
	Event   Event
	Summary string
	Reasons []string // one sentence for each candidate of the decision, in its order
}

// Explain returns the explanation of a stored event.
func Explain(e Event) Explanation {
	out := Explanation{Event: e, Summary: e.Decision.summary()}
	for _, c := range e.Decision.Candidates {
		out.Reasons = append(out.Reasons, c.Verdict.Sentence())
	}
	return out
}

func (d Decision) summary() string {
	switch {
	case d.Method == None && len(d.Candidates) == 0:
		return "Unattributed: the event named no coupon and no ref code, also not in a landing URL."
	case d.Method == None:
		return "Unattributed: nothing the event named could earn credit."
	case d.Influencer.IsZero():
		return "Credited to the campaign alone, by " + d.Method.words() + " without an influencer."
	case d.Method == ByCoupon && d.creditedLink():
		return "Credited by a generic coupon, to the influencer of a link of the same campaign."
	default:
		return "Credited to the influencer by " + d.Method.words() + "."
	}
}

func (d Decision) creditedLink() bool {
	for _, c := range d.Candidates {
		if c.Verdict == CreditedByCoupon {
			return true
		}
	}
	return false
}

func (m Method) words() string {
	switch m {
	case ByCoupon:
		return "a coupon"
	case ByRefCode:
		return "a ref code"
	case ByLandingURL:
		return "a ref code in the landing URL"
	case None:
	}
	return "nothing"
}

// Sentence says in words what a verdict means.
func (v Verdict) Sentence() string {
	switch v {
	case Won:
		return "It won: the first usable candidate is credited."
	case CreditedByCoupon:
		return "A generic coupon won, and the campaign's policy credits the influencer of this link."
	case Outranked:
		return "It could have earned credit, but an earlier step of the waterfall won."
	case Malformed:
		return "It does not have the form of a code."
	case UnknownCode:
		return "There is no such code."
	case IsDisabled:
		return "The code is disabled."
	case NotYetValid:
		return "The coupon was not valid yet when the event happened."
	case Expired:
		return "The coupon had expired when the event happened."
	case CampaignPaused:
		return "The campaign is paused and earns no credit."
	case CampaignEnded:
		return "The campaign has ended and earns no credit."
	case CampaignArchived:
		return "The campaign is archived and earns no credit."
	case CampaignNotStarted:
		return "The campaign had not started when the event happened."
	case CampaignOver:
		return "The campaign's end had passed when the event happened."
	default:
		return "Its verdict is " + string(v) + "."
	}
}
