package devidp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/superher/superher/adapters/devidp"
)

func Example() {
	key, err := rsa.GenerateKey(rand.Reader, devidp.MinKeyBits) // LoadOrCreateKey keeps one
	if err != nil {
		panic(err)
	}
	issuer, err := devidp.New(devidp.Config{
		IssuerURL: "http://127.0.0.1:8080/dev/idp", ClientID: "superher-dashboard",
		RedirectURIs: []string{"http://127.0.0.1:8080/app/callback"},
		People:       []devidp.Person{{Subject: "p-1", Name: "Asha", Email: "asha@example.com", Note: "admin"}},
		Key:          key,
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/dev/idp/", issuer)

	token, err := issuer.Token("p-1") // what a browser gets after the page
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080/dev/idp/userinfo", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Print(w.Body)
	// Output:
	// {"email":"asha@example.com","email_verified":true,"name":"Asha","sub":"p-1","username":"p-1"}
}
