package cognito

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
)

// keySource fetches key sets from one address.
type keySource struct {
	url    string
	client *http.Client
}

func newKeySource(address string, lender *http.Client) keySource {
	var transport http.RoundTripper
	if lender != nil {
		transport = lender.Transport
	}
	if transport == nil {
		transport = guardedTransport(address)
	}
	return keySource{url: address, client: &http.Client{
		Transport: transport,
		// A redirect is an answer like any other that is not 200.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// get fetches the set once; ctx has the deadline.
func (s keySource) get(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Close = true // a connection that is used once a day is not worth keeping
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // what was read is all that matters
	if resp.StatusCode != http.StatusOK {
		return nil, refusal("key set answered with status " + strconv.Itoa(resp.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxKeySet+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySet {
		return nil, refusal("key set larger than a megabyte")
	}
	return parseKeySet(body)
}

// guardedTransport connects to the key set only at an address that suits its
// name: what the name resolves to is checked at the moment of the connection.
func guardedTransport(address string) *http.Transport {
	var host string
	if u, err := url.Parse(address); err == nil {
		host = u.Hostname()
	}
	plain := &net.Dialer{Timeout: fetchTimeout}
	guarded := &net.Dialer{Timeout: fetchTimeout, ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		return suits(host, hostOf(resolved))
	}}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, target string) (net.Conn, error) {
			if hostOf(target) != host { // a proxy of the environment
				return plain.DialContext(ctx, network, target)
			}
			return guarded.DialContext(ctx, network, target)
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    fetchTimeout,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// suits refuses an address that no key set on the network has. Private addresses
// are allowed: issuers inside a company, and endpoints inside a VPC, have them.
func suits(host, resolved string) error {
	addr, err := netip.ParseAddr(resolved)
	if err != nil {
		return refusal("address of the key set is not an IP address")
	}
	addr = addr.Unmap().WithZone("")
	if isLoopback(host) {
		if !addr.IsLoopback() {
			return refusal("loopback name of the key set resolves to another machine")
		}
		return nil
	}
	if addr.IsLoopback() || addr.IsUnspecified() || addr.IsMulticast() || addr.IsLinkLocalUnicast() {
		return refusal("key set resolves to an address that is not allowed")
	}
	return nil
}
