package auth_test

import (
	"crypto/rand"
	"fmt"

	"github.com/superher/superher/auth"
)

func ExampleMintKey() {
	key, err := auth.MintKey(rand.Reader, true)
	if err != nil {
		fmt.Println(err)
		return
	}
	// Show key.Raw once; store key.Prefix, key.LastFour and key.Hash.
	fmt.Println(len(key.Raw), key.Prefix[:8])

	token, err := auth.BearerToken("Bearer " + key.Raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	hash, err := auth.CheckKey(token) // then look the hash up
	fmt.Println(hash == key.Hash, err)
	// Output:
	// 59 sk_test_
	// true <nil>
}
