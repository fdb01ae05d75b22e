package campaigns_test

import (
	"fmt"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/tenant"
)

func ExampleCampaign_Apply() {
	c, err := campaigns.Create(campaigns.ID{1}, tenant.ID{2}, time.Now(), campaigns.NewCampaign{Name: "Summer", Status: campaigns.Active})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := campaigns.Ended
	c, err = c.Apply(campaigns.Change{Status: &ended})
	fmt.Println(c.Status, c.StandingAt(time.Now()), err)

	active := campaigns.Active
	_, err = c.Apply(campaigns.Change{Status: &active})
	fmt.Println(err)
	// Output:
	// ended campaign-ended <nil>
	// conflict (illegal-status-change): a campaign cannot move from ended to active
}
