// Command bare is the limit that the server is measured against: the same router
// and the same JSON library with nothing behind them. GET /r/{code} answers a
// constant 302, and POST /api/v1/events and /api/v1/events/batch decode what
// they are sent and answer 201.
//
//	bare --addr 127.0.0.1:8081
package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/uptrace/bunrouter"
)

const (
	location = "https://shop.example/summer/1?size=m&ref_code=aaaaaaa&utm_source=instagram"
	longest  = 8 << 20 // body that is read
)

// event has the members of an event that is sent.
type event struct {
	Action     string            `json:"action"`
	Value      string            `json:"value"`
	Currency   string            `json:"currency"`
	CouponCode string            `json:"coupon_code"`
	RefCode    string            `json:"ref_code"`
	LandingURL string            `json:"landing_url"`
	ExternalID string            `json:"external_id"`
	CustomerID string            `json:"customer_id"`
	OccurredAt string            `json:"occurred_at"`
	Metadata   map[string]string `json:"metadata"`
}

type batch struct {
	Events []event `json:"events"`
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "`address` to listen on")
	flag.Parse()
	router := bunrouter.New()
	router.GET("/r/:code", redirect)
	router.POST("/api/v1/events", decode[event])
	router.POST("/api/v1/events/batch", decode[batch])
	router.GET("/healthz", func(w http.ResponseWriter, _ bunrouter.Request) error { return nil })
	web := &http.Server{Addr: *addr, Handler: router, ReadHeaderTimeout: 10 * time.Second}
	if err := web.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func redirect(w http.ResponseWriter, _ bunrouter.Request) error {
	h := w.Header()
	h.Set("Location", location)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusFound)
	return nil
}

// decode reads strictly, as the server does, and does nothing with it.
func decode[T any](w http.ResponseWriter, r bunrouter.Request) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, longest))
	if err != nil {
		return err
	}
	var in T
	if err := json.Unmarshal(body, &in, json.RejectUnknownMembers(true)); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, err = io.WriteString(w, `{"id":"00000000-0000-0000-0000-000000000000","repeat":false}`)
	return err
}
