package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// once makes a request twice under one idempotency key, as a client does that
// lost the first answer.
func (l *life) once(ctx context.Context) error {
	var ids [2]string
	for i, replayed := range []string{"", "true"} {
		var made thing
		header, err := l.call(ctx, request{
			method: http.MethodPost, path: "/influencers", in: body{"name": "Ravi"}, status: http.StatusCreated, out: &made,
			header: map[string]string{"Idempotency-Key": "ravi-" + l.tag},
		})
		if err != nil {
			return err
		}
		if err := want("Idempotency-Replayed", header.Get("Idempotency-Replayed"), replayed); err != nil {
			return err
		}
		ids[i] = made.ID
	}
	l.sayf("once        the same request under one idempotency key was carried out once")
	if err := want("the second answer's id", ids[1], ids[0]); err != nil {
		return err
	}
	var p problem
	_, err := l.call(ctx, request{
		method: http.MethodPost, path: "/influencers", in: body{"name": "Meera"}, status: http.StatusConflict, out: &p,
		header: map[string]string{"Idempotency-Key": "ravi-" + l.tag},
	})
	if err != nil {
		return err
	}
	l.sayf("once        another request under it is refused: %s", p.Reason)
	return want("reason", p.Reason, "idempotency-key-reused")
}

// patch changes the campaign, for the version of a tag; "" names none. It
// returns the tag of the version that came of it.
func (l *life) patch(ctx context.Context, tag, status string, expected int, out any) (newer string, err error) {
	q := request{method: http.MethodPatch, path: "/campaigns/" + l.campaign, in: body{"status": status}, status: expected, out: out}
	if tag != "" {
		q.header = map[string]string{"If-Match": tag}
	}
	header, err := l.call(ctx, q)
	return header.Get("ETag"), err
}

// pause stops the campaign for a moment, without writing over somebody else's
// change.
func (l *life) pause(ctx context.Context) error {
	var now thing
	var p problem
	header, err := l.call(ctx, request{method: http.MethodGet, path: "/campaigns/" + l.campaign, status: http.StatusOK, out: &now})
	if err != nil {
		return err
	}
	first := header.Get("ETag")
	if _, err := l.patch(ctx, "", "paused", http.StatusPreconditionRequired, &p); err != nil {
		return err
	}
	l.sayf("pause       a change that names no version is refused: %s", p.Reason)
	second, err := l.patch(ctx, first, "paused", http.StatusOK, &now)
	if err != nil {
		return err
	}
	l.sayf("pause       the version that was read can be changed: %s", now.Status)
	if _, err := l.patch(ctx, first, "active", http.StatusPreconditionFailed, &p); err != nil {
		return err
	}
	l.sayf("pause       and only once: %s", p.Reason)
	if err := want("reason", p.Reason, "changed-meanwhile"); err != nil {
		return err
	}
	if err := l.turnedDown(ctx, "6", "campaign-paused"); err != nil {
		return err
	}
	if _, err := l.patch(ctx, second, "active", http.StatusOK, &now); err != nil {
		return err
	}
	l.sayf("resume      the campaign is %s again", now.Status)
	return want("status", now.Status, "active")
}

// turnedDown sends a purchase with the coupon, which nobody is credited with for
// the reason that the verdict names.
func (l *life) turnedDown(ctx context.Context, order, verdict string) error {
	var e event
	in := body{
		"action": "purchase", "value": "100.00", "currency": "INR", "coupon_code": l.coupon.Code, "external_id": "order-" + order + "-" + l.tag,
	}
	if err := l.post(ctx, "/events", in, http.StatusCreated, &e); err != nil {
		return err
	}
	var why explanation
	if err := l.get(ctx, "/events/"+e.ID+"/explain", &why); err != nil {
		return err
	}
	var verdicts []string
	for _, c := range why.Candidates {
		verdicts = append(verdicts, c.Verdict)
	}
	l.sayf("event       coupon alone, purchase: → %s → %s, %s", e.Attribution.Method, orNobody(l.people[e.Attribution.Influencer]), strings.Join(verdicts, ", "))
	return want("method and verdict", fmt.Sprint(e.Attribution.Method, verdicts), fmt.Sprint("none", []string{verdict}))
}

// terms agrees on a higher rate from now on. What was earned stays as it was.
func (l *life) terms(ctx context.Context) error {
	var history struct {
		Terms []struct {
			Version int    `json:"version"`
			Rate    string `json:"rate"`
		} `json:"terms"`
	}
	path := "/campaigns/" + l.campaign + "/influencers/" + l.id("Priya") + "/terms"
	if err := l.post(ctx, path, body{"share_type": "percentage", "rate": "12.5"}, http.StatusCreated, &history); err != nil {
		return err
	}
	if err := l.get(ctx, path, &history); err != nil {
		return err
	}
	l.sayf("terms       Priya, versions and rates so far: %v", history.Terms)
	if err := want("terms", fmt.Sprint(history.Terms), "[{1 10} {2 12.5}]"); err != nil {
		return err
	}
	var before, after event
	if err := l.get(ctx, "/events/"+l.first.ID, &before); err != nil {
		return err
	}
	in := body{
		"action": "purchase", "value": "200.00", "currency": "INR", "coupon_code": l.coupon.Code, "external_id": "order-7-" + l.tag,
	}
	if err := l.post(ctx, "/events", in, http.StatusCreated, &after); err != nil {
		return err
	}
	l.sayf("terms       the first sale still earned %v, one of 200.00 INR now earns %v", before.Commission.Amount, after.Commission.Amount)
	return want("commissions", fmt.Sprint(before.Commission.Amount, after.Commission.Amount), "149.90 INR 25.00 INR")
}

// disable takes the coupon back. Its code stays reserved.
func (l *life) disable(ctx context.Context) error {
	var gone thing
	if _, err := l.call(ctx, request{method: http.MethodDelete, path: "/coupons/" + l.coupon.ID, status: http.StatusOK, out: &gone}); err != nil {
		return err
	}
	l.sayf("coupon      %s is %s", gone.Code, gone.Status)
	if err := want("status", gone.Status, "disabled"); err != nil {
		return err
	}
	if err := l.turnedDown(ctx, "8", "disabled"); err != nil {
		return err
	}
	var p problem
	in := body{"campaign_id": l.campaign, "code": l.coupon.Code}
	if err := l.post(ctx, "/coupons", in, http.StatusConflict, &p); err != nil {
		return err
	}
	l.sayf("coupon      its code is not given again: %s", p.Reason)
	return want("reason", p.Reason, "coupon-code-taken")
}

// secret is an API key, in full in the one answer that made it.
type secret struct {
	ID       string `json:"id"`
	Raw      string `json:"key"`
	LastFour string `json:"last_four"`
}

// rotate replaces a key that a shop uses, while the shop goes on.
func (l *life) rotate(ctx context.Context) error {
	var old, fresh, masked secret
	in := body{"name": "Shop " + l.tag, "scopes": []string{"campaigns:read"}}
	if err := l.post(ctx, "/api-keys", in, http.StatusCreated, &old); err != nil {
		return err
	}
	if err := l.post(ctx, "/api-keys/"+old.ID+"/rotate", body{"overlap_seconds": 60}, http.StatusCreated, &fresh); err != nil {
		return err
	}
	if err := l.get(ctx, "/api-keys/"+fresh.ID, &masked); err != nil {
		return err
	}
	if err := want("key afterwards", masked.Raw+masked.LastFour, fresh.Raw[len(fresh.Raw)-4:]); err != nil {
		return err
	}
	for _, key := range []secret{old, fresh} {
		if err := l.with(key).get(ctx, "/campaigns/"+l.campaign, &thing{}); err != nil {
			return err
		}
	}
	l.sayf("key         two work while one replaces the other; each was shown once")
	var p problem
	for _, key := range []secret{old, fresh} {
		if _, err := l.call(ctx, request{method: http.MethodDelete, path: "/api-keys/" + key.ID, status: http.StatusOK, out: &masked}); err != nil {
			return err
		}
		q := request{method: http.MethodGet, path: "/campaigns/" + l.campaign, status: http.StatusUnauthorized, out: &p}
		if _, err := l.with(key).call(ctx, q); err != nil {
			return err
		}
	}
	l.sayf("key         both are revoked and open nothing: %s", p.Reason)
	return want("reason", p.Reason, "invalid-credential")
}

// with is the server as the holder of another key sees it.
func (l *life) with(key secret) api { return api{base: l.base, key: key.Raw} }
