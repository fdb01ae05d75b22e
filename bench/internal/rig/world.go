//go:build linux

package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
)

// Sizes of a [World].
const (
	worldInfluencers = 5
	worldCampaigns   = 2
	worldLinks       = 20
	worldCoupons     = 10
)

// World is what an advertiser has before anything happens.
type World struct {
	Advertiser string
	Key        string // may do everything
	Campaigns  []string
	Influences []string // ids of influencers
	Links      []string // short codes
	Coupons    []string // codes
}

// Superher runs a command of the program that prints JSON, and reads that.
func Superher(ctx context.Context, program string, out any, args ...string) error {
	run := exec.CommandContext(ctx, program, args...)
	var said, complaint bytes.Buffer
	run.Stdout, run.Stderr = &said, &complaint
	if err := run.Run(); err != nil {
		return fmt.Errorf("superher %s: %w: %s", args[0], err, complaint.Bytes())
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(said.Bytes(), out)
}

// NewWorld makes an advertiser with the program, in the database that the
// arguments name, and all else through the API of a server on it.
func NewWorld(ctx context.Context, program string, s *Server, database ...string) (*World, error) {
	var made struct {
		ID  string `json:"advertiser_id"`
		Key string `json:"api_key"`
	}
	args := append([]string{"advertiser", "create", "--name", "Bench", "--time-zone", "Asia/Kolkata", "--currency", "INR", "--json"}, database...)
	if err := Superher(ctx, program, &made, args...); err != nil {
		return nil, err
	}
	w := &World{Advertiser: made.ID, Key: made.Key}
	for i := range worldCampaigns {
		id, err := w.make(ctx, s, "/campaigns", "id", map[string]any{"name": fmt.Sprint("Campaign ", i), "status": "active"})
		if err != nil {
			return nil, err
		}
		w.Campaigns = append(w.Campaigns, id)
	}
	for i := range worldInfluencers {
		id, err := w.make(ctx, s, "/influencers", "id", map[string]any{"name": fmt.Sprint("Influencer ", i)})
		if err != nil {
			return nil, err
		}
		w.Influences = append(w.Influences, id)
		for _, campaign := range w.Campaigns {
			terms := map[string]any{"share_type": "percentage", "rate": "12.5"}
			if i%2 == 0 {
				terms = map[string]any{"share_type": "flat", "fee": map[string]any{"amount": "75.00", "currency": "INR"}}
			}
			in := map[string]any{"campaign_id": campaign, "terms": terms}
			if _, err := w.make(ctx, s, "/influencers/"+id+"/assign", "campaign_id", in); err != nil {
				return nil, err
			}
		}
	}
	err := w.codes(ctx, s)
	return w, err
}

// codes makes the links and coupons.
func (w *World) codes(ctx context.Context, s *Server) error {
	for i := range worldLinks {
		code, err := w.make(ctx, s, "/tracking-links", "code", map[string]any{
			"campaign_id": w.Campaigns[i%worldCampaigns], "influencer_id": w.Influences[i%worldInfluencers],
			"destination": fmt.Sprintf("https://shop.example/summer/%d?size=m", i), "utm": map[string]any{"source": "instagram"},
		})
		if err != nil {
			return err
		}
		w.Links = append(w.Links, code)
	}
	for i := range worldCoupons {
		code, err := w.make(ctx, s, "/coupons", "code", map[string]any{
			"campaign_id": w.Campaigns[i%worldCampaigns], "influencer_id": w.Influences[i%worldInfluencers], "code": fmt.Sprintf("BENCH%03d", i),
		})
		if err != nil {
			return err
		}
		w.Coupons = append(w.Coupons, code)
	}
	return nil
}

// make posts something and returns a member of the answer.
func (w *World) make(ctx context.Context, s *Server, path, member string, in map[string]any) (string, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	var out map[string]any
	if err := w.Call(ctx, s, http.MethodPost, path, body, &out); err != nil {
		return "", err
	}
	text, _ := out[member].(string)
	return text, nil
}

// Call makes a request with the key of the advertiser and reads the JSON of the
// answer into out, unless that is nil.
func (w *World) Call(ctx context.Context, s *Server, method, path string, body []byte, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.Addr+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+w.Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
