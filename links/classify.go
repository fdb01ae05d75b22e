package links

import "strings"

// MaxAgent is the length of the longest user agent of a browser, in bytes.
// In-app browsers send up to some 700.
const MaxAgent = 4096

// Classify tells people from programs: the class of a hit, Human, Bot or
// Prefetch, and a stable reason in kebab-case, "" for Human. Duplicate takes
// the clicks before it, see [MarkDuplicates].
//
// The rules believe what a program says of itself and do not guess: whoever
// looks like a browser is a person. In-app browsers of social networks send
// odd agents, and a sale of theirs that goes missing costs an influencer
// money, while a bot that hides is one click too many.
func Classify(h Hit) (Class, string) {
	if strings.EqualFold(h.Method, "HEAD") {
		return Prefetch, "head-request" // asks whether the link works; shows nobody anything
	}
	if purpose := strings.ToLower(h.Purpose); strings.Contains(purpose, "prefetch") ||
		strings.Contains(purpose, "prerender") || strings.Contains(purpose, "preview") {
		return Prefetch, "speculative-load"
	}
	return classifyAgent(h.UserAgent)
}

func classifyAgent(userAgent string) (Class, string) {
	if len(userAgent) > MaxAgent {
		return Bot, "oversized-agent"
	}
	agent := strings.ToLower(strings.TrimSpace(userAgent))
	agent = strings.ReplaceAll(agent, "cubot", "") // a maker of phones
	switch {
	case agent == "" || agent == "-":
		return Bot, "empty-agent"
	case hasAny(agent, previewMarks) || isMessengerFetcher(agent):
		return Prefetch, "link-preview"
	case hasAny(agent, inAppMarks):
		if hasAny(agent, disguisedMarks) {
			return Bot, "crawler"
		}
		return Human, ""
	}
	return classifyProgram(agent)
}

// classifyProgram judges an agent in lower case that names no known app.
func classifyProgram(agent string) (Class, string) {
	isMozilla := strings.HasPrefix(agent, "mozilla/")
	hasEngine := strings.Contains(agent, "applewebkit") || strings.Contains(agent, "gecko/") || strings.Contains(agent, "trident")
	switch {
	case hasAny(agent, crawlerMarks):
		return Bot, "crawler"
	case hasAny(agent, automationMarks):
		return Bot, "automated-browser"
	case strings.Contains(agent, "://"), strings.Contains(agent, "www."), strings.Contains(agent, "@"), namesSite(agent):
		return Bot, "contact-in-agent" // programs leave an address for complaints, browsers do not
	case strings.Contains(agent, "compatible") && !hasAny(agent, compatibleBrowsers):
		return Bot, "compatible-agent"
	case hasAny(agent, toolMarks):
		return Bot, "tool"
	case hasAny(agent, httpLibraries) && !(isMozilla && hasEngine):
		return Bot, "http-library"
	case isMozilla && strings.Contains(agent, "("), hasPrefixOf(agent, otherBrowsers):
		return Human, ""
	default:
		return Bot, "not-a-browser" // every browser and web view calls itself Mozilla
	}
}

// isMessengerFetcher recognises the messengers whose program for previews
// sends their bare name; people open links in a browser, which adds the name
// to its own at most.
func isMessengerFetcher(agent string) bool {
	return hasPrefixOf(agent, messengerFetchers) && !strings.Contains(agent, "mozilla/")
}

// namesSite reports whether an agent names a web site, like "example.com/1.0".
// The name of an Android package ("com.example.app") and ".NET CLR" are none.
func namesSite(agent string) bool {
	for ending := range strings.SplitSeq(siteEndings, "\n") {
		for rest := agent; ; {
			i := strings.Index(rest, ending)
			if i < 0 {
				break
			}
			after := rest[i+len(ending):]
			ends := after == "" || !alphanumeric(after[0]) && after[0] != '.' && after[0] != '_'
			if ends && i > 0 && alphanumeric(rest[i-1]) {
				return true
			}
			rest = after
		}
	}
	return false
}

// hasAny reports whether the text contains one of the marks of a list, one a line.
func hasAny(text, marks string) bool {
	for mark := range strings.SplitSeq(marks, "\n") {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// hasPrefixOf reports whether the text begins with one of the marks of a list.
func hasPrefixOf(text, marks string) bool {
	for mark := range strings.SplitSeq(marks, "\n") {
		if strings.HasPrefix(text, mark) {
			return true
		}
	}
	return false
}
