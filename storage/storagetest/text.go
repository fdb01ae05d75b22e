package storagetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/attribution"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// lookAlikes lists texts that a database folds together if one lets it:
// letter case, accents composed and not, trailing and leading blanks, widths,
// language rules, invisible characters, numbers.
func lookAlikes() []string {
	return []string{
		"a", "A", "a ", " a", "a\u00a0", "ａ", "\u00e1", "a\u0301", "\u00e9", "e\u0301", "\u00c9", "ß", "ss", "SS", "ẞ", "ı", "i", "I", "İ",
		"ﬁ", "fi", "\u00c5", "\u212b", "ａ ", "a\u200b", "a\u00ad", "a\ufeff", "\u00f6", "oe", "o\u0308", "1", "01", "1.0", "１", "²", "2",
		"NULL", "null", "a_", "a%", "a\\", "a\\_", "a'", "a''", "a\"", "\u00f1", "n\u0303", "ｱ", "ア", "あ", "Σ", "σ", "ς",
	}
}

// oddTexts lists texts that have to come back byte for byte.
func oddTexts() []string {
	return append(lookAlikes(),
		"'; DROP TABLE campaigns; --", `\`, `\\`, `\n`, `\u0000`, `%s %d ${x} $1 ? :name @p`, `{"a": [1, null]}`, `[]`, `{}`, `"`,
		"👩\u200d👩\u200d👧\u200d👦🏳️\u200d🌈", "𝒜𝓃𝒹 𐍈 🂡", "עברית \u202eevisrever\u202c", "مرحبا", "हिन्दी", "中文字符", "Z̸̢̛a̷l̶g̵o̴", "\U0010ffff", "\ufffe\uffff", "\ue000",
		"\ufeffwith a mark", "  two  blanks  ", "\u2028\u2029", "=1+1", "<script>alert(1)</script>", strings.Repeat("é", 35), "true", "1e309", "-0", "Infinity", "NaN",
		"2026-03-01T00:00:00Z", "\\x41", "\\377", "E'\\n'", "𠜎𠜱", "\u00ff", "\u0100", "a\u0338",
	)
}

// fits keeps the texts that the domain lets through, each once.
func fits(texts []string, limit int) []string {
	var out []string
	for _, text := range texts {
		var checks fault.Checks
		if !slices.Contains(out, text) && checks.Text("text", text, true, limit) {
			out = append(out, text)
		}
	}
	return out
}

// clip shortens a text to a number of characters.
func clip(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}

// text holds that every text comes back byte for byte and that texts which
// only look alike are different ones.
func (h Harness) text(t *testing.T) {
	texts := fits(append(oddTexts(), h.Texts...), tenant.MaxName)
	t.Run("EveryTextComesBackByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		parties := make([]party, len(texts))
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			for i, text := range texts {
				parties[i] = f.worded(i, text)
				if err := f.saveWorded(ctx, tx, parties[i]); err != nil {
					return err
				}
			}
			return nil
		})
		for i, p := range parties {
			f.requireWorded(t, p, texts[i])
		}
	})
	t.Run("AnAdvertisersNameComesBackByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		for i, text := range texts {
			f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
				a := f.a.advertiser
				a.Name, a.Version = text, int64(i+1)
				return tx.UpdateAdvertiser(ctx, a)
			})
			got, err := f.read(f.a).Advertiser(f.ctx, f.a.advertiser.ID)
			require.NoError(t, err)
			require.Equal(t, text, got.Name)
		}
	})
	t.Run("CodesCompareByteForByte", func(t *testing.T) {
		f := newFixture(t, h)
		codes := []string{"sale", "SALE", "Sale", "sale_", "sale-", "SALE_", "SALE-", "sa_le", "sa-le", "0ale", "Oale"}
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error {
			var list []coupons.Coupon
			for _, code := range codes {
				if err := tx.CreateLink(ctx, f.newLink(f.a, links.Code(code))); err != nil {
					return err
				}
				list = append(list, f.newCoupon(f.a, coupons.Code(code)))
			}
			taken, err := tx.CreateCoupons(ctx, list)
			require.Empty(t, taken)
			return err
		})
		for _, code := range codes {
			got, err := f.store.System().LinkByCode(f.ctx, links.Code(code))
			require.NoError(t, err)
			require.Equal(t, links.Code(code), got.Code)
		}
		_, err := f.store.System().LinkByCode(f.ctx, "sAlE")
		has(t, err, fault.NotFound, "not-found")
	})
	t.Run("TheLongestTextsAreStored", func(t *testing.T) {
		f := newFixture(t, h)
		wide := func(n int) string { return strings.Repeat("\U0001f600", n) }
		e := f.newEvent(f.a, wide(attribution.MaxExternalID), 1)
		e.CouponCode, e.RefCode, e.LandingURL = wide(attribution.MaxCouponText), wide(attribution.MaxRefText), wide(attribution.MaxLandingURL)
		e.CustomerID, e.Metadata = wide(attribution.MaxCustomerID), map[string]string{}
		for i := range attribution.MaxMetadata {
			e.Metadata[wide(attribution.MaxMetadataKey-1)+string(rune('a'+i))] = wide(attribution.MaxMetadataValue)
		}
		l := f.newLink(f.a, links.Code(strings.Repeat("z", links.MaxCode)))
		l.Title, l.Destination = wide(links.MaxTitle), "https://shop.example/"+strings.Repeat("a", 2_000)
		f.write(t, f.a, func(ctx context.Context, tx storage.Tx) error { return tx.CreateLink(ctx, l) })
		stored(t, e, f.record(t, f.a, e)[0])
		repeated(t, e, f.record(t, f.a, f.again(e))[0])
		got, err := f.read(f.a).Link(f.ctx, l.ID)
		require.NoError(t, err)
		same(t, l, got)
	})
}

// worded makes things of party A that hold the text wherever text may stand.
func (f *fixture) worded(i int, text string) party {
	p := f.newParty("worded-" + string(rune(0x4e00+i)))
	p.scope = f.a.scope
	p.key.Name, p.key.Prefix, p.key.LastFour, p.key.Advertiser = text, text, text, f.a.scope.Advertiser()
	p.campaign.Name, p.campaign.Advertiser = text, f.a.scope.Advertiser()
	p.influencer.Name, p.influencer.Email, p.influencer.Handle = text, text, clip(text, campaigns.MaxHandle)
	p.influencer.Platforms, p.influencer.ExternalID = []string{clip(text, campaigns.MaxPlatform), "x"}, text
	p.influencer.Creator = f.a.scope.Advertiser()
	p.link.Code, p.link.Title, p.link.Advertiser = links.Code("worded"+strings.Repeat("x", i%9)+p.link.ID.String()[9:13]+p.link.ID.String()[:8]), text, f.a.scope.Advertiser()
	p.link.UTM = links.UTM{Source: text, Medium: text, Campaign: text, Term: text, Content: text}
	p.event.Advertiser, p.event.CouponCode, p.event.RefCode, p.event.LandingURL = f.a.scope.Advertiser(), clip(text, attribution.MaxCouponText), clip(text, attribution.MaxRefText), text
	p.event.ExternalID, p.event.CustomerID = text, text
	p.event.Metadata = map[string]string{clip(text, attribution.MaxMetadataKey): text, "plain": text}
	p.event.Decision.Coupon, p.event.Decision.Candidates[0].Text = coupons.ID{}, text
	p.event.Print = p.event.Fingerprint()
	return p
}

func (f *fixture) saveWorded(ctx context.Context, tx storage.Tx, p party) error {
	err := firstError(tx.CreateAPIKey(ctx, p.key), tx.CreateCampaign(ctx, p.campaign), tx.CreateInfluencer(ctx, p.influencer), tx.CreateLink(ctx, p.link))
	if err != nil {
		return err
	}
	_, err = tx.RecordEvents(ctx, []attribution.Event{p.event})
	return err
}

func (f *fixture) requireWorded(t *testing.T, p party, text string) {
	t.Helper()
	r := f.read(f.a)
	key, err := r.APIKey(f.ctx, p.key.ID)
	require.NoError(t, err)
	same(t, p.key, key)
	campaign, err := r.Campaign(f.ctx, p.campaign.ID)
	require.NoError(t, err)
	same(t, p.campaign, campaign)
	influencer, err := r.Influencer(f.ctx, p.influencer.ID)
	require.NoError(t, err)
	same(t, p.influencer, influencer)
	link, err := r.Link(f.ctx, p.link.ID)
	require.NoError(t, err)
	same(t, p.link, link)
	event, err := r.Event(f.ctx, p.event.ID)
	require.NoError(t, err, "the event of %q", text)
	same(t, p.event, event)
}
