package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// api is a server as its users see it.
type api struct {
	base string
	key  string
}

// inApp is the agent of a phone in the app of a social network: a bot's visits
// would not count.
const inApp = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
	"Mobile/22F76 Instagram 381.0.0.26.83 (iPhone15,3; iOS 18_5; en_US; en; scale=3.00; 1290x2796; 739483911)"

// body is the JSON of a request.
type body map[string]any

// request is one call of the API.
type request struct {
	method, path string
	in           body // nil sends none
	header       map[string]string
	status       int // that the answer must have
	out          any // where its JSON goes; a *[]byte takes it as it is
}

// post sends a body and reads the answer, which must have the status.
func (a api) post(ctx context.Context, path string, in body, status int, out any) error {
	_, err := a.call(ctx, request{method: http.MethodPost, path: path, in: in, status: status, out: out})
	return err
}

// get reads an answer, which must be OK.
func (a api) get(ctx context.Context, path string, out any) error {
	_, err := a.call(ctx, request{method: http.MethodGet, path: path, status: http.StatusOK, out: out})
	return err
}

// call makes a request and returns the headers of the answer.
func (a api) call(ctx context.Context, q request) (http.Header, error) {
	var in []byte
	if q.in != nil {
		var err error
		if in, err = json.Marshal(q.in); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, q.method, a.base+"/api/v1"+q.path, bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	if a.key != "" {
		r.Header.Set("Authorization", "Bearer "+a.key)
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != q.status {
		return nil, fmt.Errorf("%s %s: %s instead of %d: %s", q.method, q.path, answer.Status, q.status, text)
	}
	if raw, ok := q.out.(*[]byte); ok {
		*raw = text
		return answer.Header, nil
	}
	if err := json.Unmarshal(text, q.out); err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.method, q.path, err)
	}
	return answer.Header, nil
}

// visit follows a short link the way a phone does, but not to where it leads.
func (a api) visit(ctx context.Context, code string) (status int, location string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/r/"+code, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("User-Agent", inApp)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	return answer.StatusCode, answer.Header.Get("Location"), answer.Body.Close()
}

// What is read of the answers.
type (
	thing struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Code   string `json:"code"`
		Status string `json:"status"`
		Clicks int    `json:"clicks"`
	}
	list[T any] struct {
		Data []T `json:"data"`
	}
	amount struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}
	event struct {
		ID          string `json:"id"`
		Repeat      bool   `json:"repeat"`
		Attribution struct {
			Source     string `json:"source"`
			Method     string `json:"method"`
			Influencer string `json:"influencer_id"`
			Link       string `json:"tracking_link_id"`
		} `json:"attribution"`
		Commission struct {
			Amount *amount `json:"amount"`
			Reason string  `json:"reason"`
		} `json:"commission"`
	}
	problem struct {
		Reason string `json:"reason"`
	}
	explanation struct {
		Summary    string `json:"summary"`
		Candidates []struct {
			Method  string `json:"method"`
			Verdict string `json:"verdict"`
			Reason  string `json:"reason"`
		} `json:"candidates"`
	}
	figures struct {
		Clicks       int      `json:"clicks"`
		Events       int      `json:"events"`
		Conversions  int      `json:"conversions"`
		Revenue      []amount `json:"revenue"`
		Payout       []amount `json:"payout"`
		AverageOrder []amount `json:"average_order"`
		Name         string   `json:"name"`
		Source       string   `json:"source"`
		Method       string   `json:"method"`
		Type         string   `json:"event_type"`
	}
)

// String returns "1499.00 INR".
func (a amount) String() string { return a.Amount + " " + a.Currency }
