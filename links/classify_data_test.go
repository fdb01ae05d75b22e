package links_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/links"
)

func TestClassify_AtLeast95PercentOfTheKnownCrawlersAreNotHuman(t *testing.T) {
	var crawlers []struct {
		Instances []string `json:"instances"`
	}
	readData(t, "useragents/crawler-user-agents.json", &crawlers)
	total, caught := 0, 0
	for _, c := range crawlers {
		for _, agent := range c.Instances {
			total++
			if class, _ := links.Classify(links.Hit{Method: "GET", UserAgent: agent}); class != links.Human {
				caught++
			} else if testing.Verbose() {
				t.Logf("human: %s", agent)
			}
		}
	}
	require.Greater(t, total, 2000, "the data has lost its agents")
	t.Logf("%d of %d agents are not human: %.2f %%", caught, total, 100*float64(caught)/float64(total))
	require.GreaterOrEqual(t, caught*100, total*95)
}
