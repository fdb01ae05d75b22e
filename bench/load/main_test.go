package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBuilder_NumbersTheRequests(t *testing.T) {
	build := builder("POST", "/e/{n}", "X-N: {n}\r\n", `{"id":"{n}"}`)
	require.Equal(t, "POST /e/12 HTTP/1.1\r\nHost: bench\r\nX-N: 12\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"+`{"id":"12"}`,
		string(build(nil, 12, 0)))
	require.Equal(t, "GET / HTTP/1.1\r\nHost: bench\r\n\r\n", string(builder("GET", "/", "", "")(nil, 0, 0)))
}
