package demo

import (
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/money"
	"github.com/superher/superher/payouts"
)

// Days is how long the story is, the last day included.
const Days = 90

// brand is the plan of one advertiser.
type brand struct {
	name       string
	zone       string
	currency   money.Currency
	abroad     []foreign // about every tenth order
	site       string
	daily      float64 // people who follow a link on an average day
	priceFrom  int64   // of an order, in units of the currency, not minor ones
	priceTo    int64
	generic    string // code of the coupon that belongs to nobody
	orders     string // beginning of order numbers
	people     []person
	campaigns  []promotion
	sharedFrom string // handle of the person that another brand lends
}

// foreign is a currency of shoppers abroad, with what a thousand units of the
// brand's own currency cost in it.
type foreign struct {
	currency money.Currency
	perMille int64
}

// person is the plan of one influencer.
type person struct {
	name      string
	handle    string
	platforms []string
	country   string
	weight    float64 // share of the traffic
	code      string  // personal coupon; "" for a generated one
}

// promotion is the plan of one campaign. Days count from the first, 0.
type promotion struct {
	name        string
	path        string // of the landing page
	weight      float64
	people      int // the first so many of the brand take part
	startsOn    int // 0: from ever
	endsOn      int // 0: for ever
	budget      int64
	conversions []campaigns.EventType
	generic     campaigns.GenericCoupon
	draft       bool
	changes     []statusChange
}

// statusChange moves a campaign on a day.
type statusChange struct {
	day int
	to  campaigns.Status
}

// runsOn reports whether the brand pushes the campaign on a day.
func (p promotion) runsOn(day int) bool {
	running := !p.draft && day >= p.startsOn && (p.endsOn == 0 || day < p.endsOn)
	for _, change := range p.changes {
		if day >= change.day {
			running = change.to == campaigns.Active
		}
	}
	return running
}

// promotions is the season of every brand: one that always runs, one that is
// paid by the sign-up, one that was paused, one that is over, one put away, and
// one still to come.
func promotions(always, club, paused, over, away, coming string) []promotion {
	purchaseAndSignup := []campaigns.EventType{campaigns.Purchase, campaigns.Signup}
	return []promotion{
		{name: always, path: "/collections/favourites", weight: 5, people: 12, budget: 50_000},
		{name: club, path: "/club", weight: 2, people: 4, conversions: purchaseAndSignup, generic: campaigns.GenericCreditsLink},
		{name: paused, path: "/collections/new-in", weight: 2, people: 3, budget: 12_000, changes: []statusChange{{61, campaigns.Paused}}},
		{name: over, path: "/sale", weight: 3, people: 3, startsOn: 20, endsOn: 48, budget: 20_000, changes: []statusChange{{50, campaigns.Ended}}},
		{name: away, path: "/try", weight: 1, people: 1, changes: []statusChange{{14, campaigns.Ended}, {21, campaigns.Archived}}},
		{name: coming, path: "/preview", weight: 0.4, people: 2, draft: true, conversions: []campaigns.EventType{campaigns.Purchase, campaigns.Lead}},
	}
}

// firstTerms is what the n-th person of the c-th campaign gets from the start,
// and whether anything was agreed at all: one never was.
func firstTerms(b brand, c, n int) (payouts.Terms, bool) {
	switch {
	case c == 0 && n == 2:
		return payouts.Terms{}, false
	case c == 1:
		return flat(b, b.priceFrom/10+1), true
	case n%4 == 3:
		return flat(b, b.priceFrom/4+1), true
	}
	rates := [...]money.Rate{100_000, 80_000, 125_000, 150_000} // 10, 8, 12.5 and 15 %
	return payouts.Terms{Share: payouts.Percentage, Rate: rates[n%len(rates)]}, true
}

// laterTerms is a raise in the middle of the story: for the most successful
// person from 10 to 12.5 %, for the second from a percentage to a fee.
func laterTerms(b brand, c, n int) (payouts.Terms, bool) {
	switch {
	case c == 0 && n == 0:
		return payouts.Terms{Share: payouts.Percentage, Rate: 125_000}, true
	case c == 0 && n == 1:
		return flat(b, b.priceFrom/3+1), true
	}
	return payouts.Terms{}, false
}

func flat(b brand, units int64) payouts.Terms {
	return payouts.Terms{Share: payouts.Flat, Fee: inUnits(units, b.currency)}
}

// inUnits returns an amount of whole units, such as rupees.
func inUnits(units int64, c money.Currency) money.Amount {
	for range c.Digits() {
		units *= 10
	}
	return money.Of(units, c)
}

// cast returns the brands. Every name is invented.
func cast() []brand {
	return []brand{
		{
			name: "Saffron Lane", zone: "Asia/Kolkata", currency: "INR", abroad: []foreign{{"USD", 12}, {"AED", 44}},
			site: "https://www.saffronlane.example", daily: 330, priceFrom: 899, priceTo: 5_499, generic: "WELCOME10", orders: "SL-",
			people: []person{
				{"Ananya Deshpande", "@ananya.wears", []string{"instagram", "youtube"}, "IN", 9, "ANANYA15"},
				{"Rohan Malhotra", "@rohanstyles", []string{"instagram"}, "IN", 6, "ROHAN10"},
				{"Meher Kapadia", "@mehermakes", []string{"instagram", "pinterest"}, "IN", 5, "MEHER10"},
				{"Ishaan Verma", "@ishaan.frames", []string{"youtube"}, "IN", 3, ""},
				{"Kavya Nair", "@kavyaonloop", []string{"instagram", "facebook"}, "IN", 4, "KAVYA12"},
				{"Zoya Rahman", "@zoya.in.colour", []string{"tiktok", "instagram"}, "AE", 2, ""},
				{"Dev Banerjee", "@devbdaily", []string{"facebook"}, "IN", 1, ""},
				{"Tara Pillai", "@tarapillai", []string{"pinterest"}, "IN", 1, ""},
				{"Nikhil Joshi", "@nikhil.threads", []string{"instagram"}, "IN", 2, ""},
				{"Leela Menon", "@leelalooks", []string{"youtube", "instagram"}, "IN", 3, ""},
			},
			campaigns: promotions("Everyday Silk", "Saffron Circle", "Studio Edit", "Festival of Lights Sale", "Sample Box", "Wedding Season"),
		},
		{
			name: "Ridge & River", zone: "America/New_York", currency: "USD", abroad: []foreign{{"CAD", 1_370}, {"GBP", 780}},
			site: "https://shop.ridgeandriver.example", daily: 250, priceFrom: 24, priceTo: 189, generic: "TRAIL20", orders: "RR-",
			people: []person{
				{"Jessica Moreno", "@jess.outside", []string{"instagram", "tiktok"}, "US", 9, "JESSICA20"},
				{"Caleb Whitaker", "@calebclimbs", []string{"youtube"}, "US", 6, "CALEB15"},
				{"Priscilla Okafor", "@priscillapacks", []string{"tiktok"}, "US", 5, "PRISCILLA"},
				{"Marcus Lindqvist", "@marcus.miles", []string{"instagram"}, "CA", 3, ""},
				{"Dana Yoon", "@danatrails", []string{"instagram", "snapchat"}, "US", 4, "DANA10"},
				{"Theo Castellano", "@theocooksoutdoors", []string{"youtube", "facebook"}, "US", 2, ""},
				{"Amelia Hartley", "@ameliaheights", []string{"pinterest"}, "GB", 2, ""},
				{"Owen Blackfeather", "@owenonwater", []string{"instagram"}, "US", 1, ""},
			},
			campaigns: promotions("Year-Round Gear", "River Club", "Layer Up", "End-of-Season Sale", "Tester Packs", "Summit Preview"),
		},
		{
			name: "Lindenblüte", zone: "Europe/Berlin", currency: "EUR", abroad: []foreign{{"CHF", 950}, {"PLN", 4_250}},
			site: "https://lindenbluete.example", daily: 190, priceFrom: 12, priceTo: 95, generic: "LINDE10", orders: "LB-",
			sharedFrom: "@zoya.in.colour",
			people: []person{
				{"Mia Hoffmann", "@mia.pur", []string{"instagram"}, "DE", 9, "MIA15"},
				{"Jonas Keller", "@jonaskocht", []string{"youtube"}, "DE", 5, "JONAS10"},
				{"Aylin Demir", "@aylinglow", []string{"tiktok", "instagram"}, "DE", 6, "AYLIN20"},
				{"Sophie Brandt", "@sophiebrandt", []string{"pinterest", "instagram"}, "AT", 3, ""},
				{"Luca Steiner", "@lucasteiner", []string{"instagram"}, "CH", 2, "LUCA10"},
				{"Karolina Nowak", "@karolinapisze", []string{"facebook", "instagram"}, "PL", 2, ""},
				{"Emil Sørensen", "@emil.nord", []string{"snapchat"}, "DK", 1, ""},
			},
			campaigns: promotions("Das ganze Jahr", "Lindenkreis", "Pflegewochen", "Saisonfinale", "Probierpaket", "Neue Serie"),
		},
	}
}
