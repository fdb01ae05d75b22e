package demo

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/links"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// Config says what to fill and with which story.
type Config struct {
	Store storage.Store // Required, and empty.
	End   time.Time     // The last moment of the story; whole hours count.
	Seed  uint64
}

// Story is what was written.
type Story struct {
	Brands  []Brand
	Clicks  int // hits, those of programs included
	Events  int // stored conversion events
	Repeats int // submissions that had been stored before
}

// Brand is one advertiser of the story, with something to try things out on.
type Brand struct {
	Advertiser tenant.Advertiser
	From, To   time.Time // the story, half-open
	Campaign   campaigns.Campaign
	Influencer campaigns.Influencer // of Link and Coupon
	Link       links.Link
	Coupon     coupons.Code
}

// clock is the time of the story. Only the goroutine of Fill looks at it.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// Fill writes the story, day by day. It takes some seconds; the end of ctx is
// an error, and what was written stays.
func Fill(ctx context.Context, config Config) (Story, error) {
	end := config.End.UTC().Truncate(time.Hour)
	clock := &clock{at: end.AddDate(0, 0, -Days-1)}
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], config.Seed)
	client, err := superher.New(superher.Config{Store: config.Store, Now: clock.now, Rand: rand.NewChaCha8(seed)})
	if err != nil {
		return Story{}, err
	}
	var stages []*stage
	for i, plan := range cast() {
		s := &stage{plan: plan, number: uint64(i), seed: config.Seed, client: client, clock: clock, end: end}
		if err := s.build(ctx, stages); err != nil {
			return Story{}, err
		}
		stages = append(stages, s)
	}
	var story Story
	for day := range Days {
		for _, s := range stages {
			if err := s.play(ctx, day, &story); err != nil {
				return Story{}, err
			}
		}
	}
	clock.at = end
	for _, s := range stages {
		story.Brands = append(story.Brands, s.brand())
	}
	return story, client.Sweep(ctx)
}

// play lives through one day of a brand: what it changes in the morning, then
// whoever comes by. Its shop sends the events of the day in the evening.
func (s *stage) play(ctx context.Context, day int, story *Story) error {
	s.clock.at = s.start(day)
	if err := s.change(ctx, day); err != nil {
		return err
	}
	t := traffic{stage: s, dice: newDice(s.seed, s.number, uint64(day)), day: day, until: s.start(day + 1)}
	if t.until.After(s.end) {
		t.until = s.end
	}
	if err := t.draw(); err != nil {
		return err
	}
	s.clock.at = t.until
	return t.send(ctx, story)
}
