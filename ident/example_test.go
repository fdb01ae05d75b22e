package ident_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/superher/superher/ident"
)

type Order struct{}

func ExampleNew() {
	// In a program: time.Now() and crypto/rand.Reader.
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	random := bytes.NewReader([]byte{1, 2, 3, 4, 5, 6, 7, 8})

	id, err := ident.New[Order](at, random)
	fmt.Println(id, err)
	// Output: 019de368-f600-7000-8102-030405060708 <nil>
}

func ExampleParseCursor() {
	next := ident.Cursor{Sort: "name", Key: "Jessica", ID: [16]byte{1}}.String()

	c, err := ident.ParseCursor(next)
	fmt.Println(c.Sort, c.Key, err)
	// Output: name Jessica <nil>
}
