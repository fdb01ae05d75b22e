package server_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/superher/superher"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/clicks"
	"github.com/superher/superher/server"
	"github.com/superher/superher/tenant"
)

// Serve the API on a store, and send it an event with a key.
func ExampleNew() {
	client, err := superher.New(superher.Config{Store: memory.New()})
	if err != nil {
		panic(err)
	}
	visits := clicks.NewBuffer(0, nil) // the host runs visits.Run(ctx, client.RecordClicks)
	handler, err := server.New(server.Config{Client: client, Clicks: visits, BaseURL: "https://go.example.com"})
	if err != nil {
		panic(err)
	}

	ctx := context.Background()
	brand, err := client.CreateAdvertiser(ctx, tenant.NewAdvertiser{Name: "Brand", Currency: "INR"})
	if err != nil {
		panic(err)
	}
	key, err := client.For(tenant.For(brand.ID)).CreateAPIKey(ctx, tenant.NewAPIKey{Name: "shop", Scopes: []tenant.Permission{tenant.EventsWrite}})
	if err != nil {
		panic(err)
	}

	request := httptest.NewRequest(http.MethodPost, "/api/v1/events", strings.NewReader(`{"action": "purchase", "value": "1499.00", "currency": "INR"}`))
	request.Header.Set("Authorization", "Bearer "+key.Raw)
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output: 201
}
