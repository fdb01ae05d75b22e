package server

import (
	"net/http"
	"time"

	"github.com/superher/superher"
	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/fault"
)

// newRerate names the period of a re-rate, half-open.
type newRerate struct {
	body
	From when `json:"from"`
	To   when `json:"to"`
}

// approval names a previewed re-rate to be carried out.
type approval struct {
	newRerate
	Digest string `json:"digest"`
}

// rerating is what a re-rate changes.
type rerating struct {
	Campaign    ref[campaigns.Campaign] `json:"campaign_id"`
	From        stamp                   `json:"from"`
	To          stamp                   `json:"to"`
	Examined    int64                   `json:"examined"`
	Changed     int64                   `json:"changed"`
	Before      []amount                `json:"before"`
	After       []amount                `json:"after"`
	Difference  []amount                `json:"difference"`
	Influencers []rerateRow             `json:"influencers"`
	Digest      string                  `json:"digest"`
}

type rerateRow struct {
	Influencer ref[campaigns.Influencer] `json:"influencer_id"`
	Changed    int64                     `json:"changed"`
	Before     []amount                  `json:"before"`
	After      []amount                  `json:"after"`
}

func reratingOf(r superher.Rerating) rerating {
	return rerating{
		Campaign: refTo(r.Campaign), From: stamp(r.From), To: stamp(r.To), Examined: r.Examined, Changed: r.Changed,
		Before: amountsOf(r.Before), After: amountsOf(r.After), Difference: amountsOf(r.Difference), Digest: r.Digest,
		Influencers: each(r.Influencers, func(x superher.RerateRow) rerateRow {
			return rerateRow{refTo(x.Influencer), x.Changed, amountsOf(x.Before), amountsOf(x.After)}
		}),
	}
}

func (s *server) previewRerate(c *call, in newRerate) (int, rerating, error) {
	id, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return 0, rerating{}, err
	}
	previewed, err := c.account.PreviewRerate(c.r.Context(), id, time.Time(in.From), time.Time(in.To))
	return http.StatusOK, reratingOf(previewed), err
}

func (s *server) applyRerate(c *call, in approval) (int, rerating, error) {
	id, err := pathID[campaigns.Campaign](c, "id")
	if err != nil {
		return 0, rerating{}, err
	}
	if in.Digest == "" {
		return 0, rerating{}, fault.Bad("digest", "required", "digest must be that of a preview")
	}
	applied, err := c.account.ApplyRerate(c.r.Context(), superher.Rerating{Campaign: id, From: time.Time(in.From), To: time.Time(in.To), Digest: in.Digest})
	return http.StatusOK, reratingOf(applied), err
}
