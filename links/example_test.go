package links_test

import (
	"fmt"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/links"
	"github.com/superher/superher/tenant"
)

// A link sends a shopper on, and the shop sends the landing URL back.
func Example() {
	link, err := links.Create(links.ID{1}, tenant.ID{2}, time.Now(), "aB3xY9z", links.NewLink{
		Campaign:    campaigns.ID{3},
		Destination: "https://Shop.example/sale?size=M#reviews",
		UTM:         links.UTM{Source: "instagram"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	landing := link.RedirectURL()
	fmt.Println(landing)
	fmt.Println(links.RefCodes(landing))
	// Output:
	// https://shop.example/sale?size=M&utm_source=instagram&ref_code=aB3xY9z#reviews
	// [aB3xY9z]
}

// What a hit counts as, with the reason.
func ExampleClassify() {
	for _, agent := range []string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 327.1.5.30.87",
		"WhatsApp/2.23.20.0 A",
		"curl/8.5.0",
	} {
		class, reason := links.Classify(links.Hit{Method: "GET", UserAgent: agent})
		fmt.Printf("%s: %s %q\n", links.AgentFamily(agent), class, reason)
	}
	// Output:
	// Instagram: human ""
	// WhatsApp: prefetch "link-preview"
	// curl: bot "http-library"
}

// A destination is stored as browsers write it, and refused where browsers and
// other programs would disagree about the host.
func ExampleParseDestination() {
	for _, text := range []string{"HTTP://Shop.example:80/a/../é", "https://user@shop.example/", "http://0x7f.1/"} {
		destination, err := links.ParseDestination(text)
		fmt.Println(destination, err != nil)
	}
	// Output:
	// http://shop.example/%C3%A9 false
	//  true
	//  true
}
