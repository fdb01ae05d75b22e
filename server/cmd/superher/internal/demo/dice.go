package demo

import (
	"math"
	"math/rand/v2"
	"net/netip"
)

// dice is a seeded source of chance. Each brand and day has its own, so that
// what happens on one day does not depend on how many people came before it.
type dice struct{ *rand.Rand }

func newDice(seed, brand, day uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, brand<<32|day))} //nolint:gosec // chance for a story, not for secrets
}

// perhaps is true with the probability p.
func (d dice) perhaps(p float64) bool { return d.Float64() < p }

// around draws a whole number that is mean on average and scatters like the
// number of people who happen to come by.
func (d dice) around(mean float64) int {
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*d.NormFloat64())))
	}
	n, p, limit := 0, d.Float64(), math.Exp(-mean)
	for ; p > limit; n++ {
		p *= d.Float64()
	}
	return n
}

// between draws a whole number from low to high, smaller ones more often.
func (d dice) between(low, high int64) int64 {
	u := d.Float64()
	return low + int64(float64(high-low)*u*u)
}

// pick draws an index; each weight is its chance.
func (d dice) pick(weights []float64) int {
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	at := d.Float64() * sum
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// address draws one from a network that is never routed.
func (d dice) address() netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(d.IntN(256)), byte(d.IntN(256)), byte(d.IntN(256))})
}

// hour draws an hour of the day: few at night, most in the evening.
func (d dice) hour() int {
	return d.pick([]float64{3, 1.5, 1, 0.6, 0.5, 0.8, 2, 4, 5, 5, 5, 6, 7, 6, 5, 5, 6, 7, 9, 11, 12, 12, 9, 6})
}

// weekday returns how busy a day of the week is, from Sunday.
func weekday(day int) float64 {
	return [...]float64{1.25, 0.9, 0.85, 0.88, 0.95, 1.05, 1.2}[day%7]
}

// agents of the apps in which links of influencers are mostly opened, and of
// browsers, with how often they occur.
func people() (agents []string, weights []float64) {
	const (
		iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
		android = "Mozilla/5.0 (Linux; Android 15; Pixel 8 Build/AP4A.250205.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/136.0.7103.60 Mobile Safari/537.36"
	)
	for _, a := range []struct {
		agent  string
		weight float64
	}{
		{iphone + " Mobile/22F76 Instagram 381.0.0.26.83 (iPhone15,3; iOS 18_5; en_US; en; scale=3.00; 1290x2796; 739483911)", 24},
		{android + " Instagram 380.0.0.29.109 Android (35/15; 420dpi; 1080x2205; Google/google; Pixel 8; shiba; shiba; en_US; 737209011)", 18},
		{iphone + " Mobile/22F76 musical_ly_39.5.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US BytedanceWebview/d8a21c6", 9},
		{android + " trill_390503 BytedanceWebview/d8a21c6", 7},
		{iphone + " Mobile/22F76 [FBAN/FBIOS;FBAV/512.0.0.52.95;FBBV/734125617;FBDV/iPhone15,3;FBMD/iPhone;FBSN/iOS;FBSV/18.5;FBSS/3;FBLC/en_US;FBOP/5]", 6},
		{android + " [FB_IAB/FB4A;FBAV/511.0.0.46.81;]", 5},
		{iphone + " Version/18.5 Mobile/15E148 Safari/604.1 [Pinterest/iOS]", 2},
		{iphone + " Version/18.5 Mobile/15E148 Safari/604.1", 10},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36", 9},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36", 6},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", 3},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0", 1},
	} {
		agents, weights = append(agents, a.agent), append(weights, a.weight)
	}
	return agents, weights
}

// robots are the agents of programs that follow links, preview fetchers included.
func robots() []string {
	return []string{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
		"WhatsApp/2.25.12.72 A",
		"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
		"TelegramBot (like TwitterBot)",
		"python-requests/2.32.3",
	}
}

// referrers of people who come from the web instead of an app.
func referrers() []string {
	return []string{"", "", "https://l.instagram.com/", "https://www.youtube.com/", "https://www.pinterest.com/", "https://linktr.ee/", "https://m.facebook.com/"}
}
