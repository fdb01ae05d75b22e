package attribution

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
)

// Limits of a submitted event.
const (
	MaxBatch         = 1000                // events in one call
	MaxCouponText    = 1000                // characters of coupon_code as it was typed
	MaxRefText       = 1000                // characters of ref_code
	MaxLandingURL    = links.MaxLandingURL // characters of landing_url
	MaxExternalID    = 200                 // characters
	MaxCustomerID    = 200                 // characters
	MaxMetadata      = 20                  // entries
	MaxMetadataKey   = 40                  // characters
	MaxMetadataValue = 500                 // characters
	MaxClockSkew     = 24 * time.Hour      // how far in the future occurred_at may lie
	earliestYear     = 2000                // occurred_at before it is a defect of the sender
)

// Submission is a conversion event as its sender reports it.
type Submission struct {
	Type       campaigns.EventType // "action" on the wire
	Value      money.Amount        // zero: no value
	CouponCode string              // as it was typed
	RefCode    string
	LandingURL string
	ExternalID string // the sender's id, for example the order's; with Type it makes the event unique for ever
	CustomerID string
	OccurredAt time.Time // zero: when it is received
	Metadata   map[string]string
}

// Check returns fault.Invalid with every bad field. Codes and URLs are only
// bounded here: one that means nothing leaves the event unattributed, and the
// decision says why.
func (s Submission) Check(now time.Time) error {
	var checks fault.Checks
	_, err := campaigns.ParseEventType(string(s.Type))
	checks.Take("action", err)
	if !s.Value.IsZero() {
		checks.Take("", s.Value.Check("value"))
	}
	checks.Evidence("coupon_code", s.CouponCode, MaxCouponText)
	checks.Evidence("ref_code", s.RefCode, MaxRefText)
	checks.Evidence("landing_url", s.LandingURL, MaxLandingURL)
	checks.Text("external_id", s.ExternalID, false, MaxExternalID)
	checks.Text("customer_id", s.CustomerID, false, MaxCustomerID)
	if !s.OccurredAt.IsZero() {
		checks.That(s.OccurredAt.UTC().Year() >= earliestYear, "occurred_at", "too-long-ago", "occurred_at must not be before the year 2000")
		checks.That(!s.OccurredAt.After(now.Add(MaxClockSkew)), "occurred_at", "in-the-future", "occurred_at must not be more than a day in the future")
	}
	checks.That(len(s.Metadata) <= MaxMetadata, "metadata", "too-many", "metadata must have at most "+strconv.Itoa(MaxMetadata)+" entries")
	for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
		if !checks.Text("metadata", key, true, MaxMetadataKey) || !checks.Text("metadata."+key, s.Metadata[key], false, MaxMetadataValue) {
			break
		}
	}
	return checks.Err()
}

// Fingerprint is equal for equal submissions: what tells a repeat of an event
// from another event under the same external id.
type Fingerprint [32]byte

// Fingerprint returns the SHA-256 over every field in a fixed order, each with
// its length.
func (s Submission) Fingerprint() Fingerprint {
	h := sha256.New()
	occurred := ""
	if !s.OccurredAt.IsZero() {
		occurred = strconv.FormatInt(s.OccurredAt.UnixMicro(), 10)
	}
	for _, field := range []string{
		string(s.Type), strconv.FormatInt(s.Value.Minor, 10), string(s.Value.Currency), s.CouponCode, s.RefCode,
		s.LandingURL, s.ExternalID, s.CustomerID, occurred,
	} {
		writeField(h, field)
	}
	for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
		writeField(h, key)
		writeField(h, s.Metadata[key])
	}
	return Fingerprint(h.Sum(nil))
}

func writeField(h hash.Hash, field string) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(field)))
	h.Write(size[:])
	h.Write([]byte(field))
}
