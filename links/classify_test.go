package links_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/superher/superher/links"
)

func TestClassify_HeadAndSpeculativeLoadsArePrefetch(t *testing.T) {
	for _, c := range []struct{ method, purpose, reason string }{
		{"HEAD", "", "head-request"},
		{"GET", "prefetch", "speculative-load"},
		{"GET", "prefetch;prerender", "speculative-load"},
		{"GET", "Prerender", "speculative-load"},
		{"GET", "preview", "speculative-load"}, // X-Purpose of older Safari
	} {
		class, reason := links.Classify(links.Hit{Method: c.method, Purpose: c.purpose, UserAgent: iPhone})
		require.Equal(t, links.Prefetch, class)
		require.Equal(t, c.reason, reason)
	}
	class, _ := links.Classify(links.Hit{Method: "GET", Purpose: "something-else", UserAgent: iPhone})
	require.Equal(t, links.Human, class)
}

func TestClassify_ProgramsAreNotHuman(t *testing.T) {
	for _, c := range []struct {
		class                 links.Class
		reason, family, agent string
	}{
		{links.Prefetch, "link-preview", "Facebook", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
		{links.Prefetch, "link-preview", "WhatsApp", "WhatsApp/2.23.20.0 A"},
		{links.Prefetch, "link-preview", "Twitter", "Twitterbot/1.0"},
		{links.Prefetch, "link-preview", "Telegram", "TelegramBot"},
		{links.Prefetch, "link-preview", "Slack", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
		{links.Prefetch, "link-preview", "Discord", "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
		{links.Prefetch, "link-preview", "LinkedIn", "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)"},
		{links.Prefetch, "link-preview", "Skype", "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5"},
		{links.Prefetch, "link-preview", "Facebook", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"},
		{links.Bot, "crawler", "Googlebot", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
		{links.Bot, "crawler", "Bytespider", "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"},
		{links.Bot, "crawler", "OpenAI", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"},
		{links.Bot, "crawler", "Other bot", iPhone + " Instagram 1.0 (compatible; ExampleBot/1.0)"},
		{links.Bot, "automated-browser", "Headless Chrome", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36"},
		{links.Bot, "contact-in-agent", "Other bot", "Mozilla/5.0 (Windows NT 10.0) Example/1.0 (https://example.org/about)"},
		{links.Bot, "contact-in-agent", "Other bot", "Mozilla/5.0 (X11) example.com/1.0"},
		{links.Bot, "compatible-agent", "Other bot", "Mozilla/5.0 (compatible; Example/1.0)"},
		{links.Bot, "tool", "Other bot", "Example Uptime Monitor"},
		{links.Bot, "http-library", "curl", "curl/8.5.0"},
		{links.Bot, "http-library", "Python", "python-requests/2.31.0"},
		{links.Bot, "http-library", "Go", "Go-http-client/2.0"},
		{links.Bot, "http-library", "OkHttp", "okhttp/4.12.0"},
		{links.Bot, "http-library", "Android", "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536E Build/TP1A.220624.014)"},
		{links.Bot, "http-library", "iOS", "MobileSafari/8617.2 CFNetwork/1494.0.7 Darwin/23.4.0"},
		{links.Bot, "empty-agent", "unknown", ""},
		{links.Bot, "empty-agent", "unknown", "  "},
		{links.Bot, "empty-agent", "Other bot", "-"},
		{links.Bot, "not-a-browser", "Other bot", "Mozilla/5.0"},
		{links.Bot, "not-a-browser", "Other bot", "x"},
		{links.Bot, "not-a-browser", "Other bot", "' OR 1=1 --"},
		{links.Bot, "oversized-agent", "Other bot", iPhone + strings.Repeat("x", links.MaxAgent)},
	} {
		class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: c.agent})
		require.Equal(t, c.class, class, "%s %s", reason, c.agent)
		require.Equal(t, c.reason, reason, c.agent)
		require.Equal(t, c.family, links.AgentFamily(c.agent), c.agent)
	}
}

func TestClassify_AgentLengthOnBothSides(t *testing.T) {
	longest := iPhone + " " + strings.Repeat("x", links.MaxAgent-len(iPhone)-1)
	class, _ := links.Classify(links.Hit{Method: "GET", UserAgent: longest})
	require.Equal(t, links.Human, class)
	class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: longest + "x"})
	require.Equal(t, links.Bot, class)
	require.Equal(t, "oversized-agent", reason)
}

func TestAgentFamily_IsShortAndNeverTheAgent(t *testing.T) {
	family := regexp.MustCompile(`^[A-Za-z][A-Za-z ]{1,19}$`)
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	rapid.Check(t, func(t *rapid.T) {
		agent := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
			"Mozilla/5.0 ", "(", "Instagram ", "bot/", "X11; ", "curl/", "compatible; ", ".com ", "\xff", "é", "AppleWebKit/", "Chrome/1 ", "WhatsApp ",
		}), 0, 8), func(parts []string) string { return strings.Join(parts, "") })).Draw(t, "agent")
		require.Regexp(t, family, links.AgentFamily(agent))
		class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: agent})
		require.NotEqual(t, links.Duplicate, class)
		if class == links.Human {
			require.Empty(t, reason)
		} else {
			require.Regexp(t, kebab, reason)
		}
	})
}

func BenchmarkClassify_Human(b *testing.B) {
	b.ReportAllocs()
	h := links.Hit{Method: "GET", UserAgent: browsers()[0].agent}
	for b.Loop() {
		links.Classify(h)
	}
}
