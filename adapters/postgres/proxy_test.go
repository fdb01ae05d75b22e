package postgres_test

import (
	"errors"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy is a network between a client and a server, which can stop carrying
// anything without ending a connection.
type proxy struct {
	listener net.Listener
	target   string
	alter    func(fromServer []byte) // nil: nothing is altered

	mu     sync.Mutex
	frozen chan struct{} // nil: it carries; closed when it does again
	conns  []net.Conn
	closed bool
	wait   sync.WaitGroup
}

// newProxy returns one before the server of a URL, and the URL by which to use it.
func newProxy(t *testing.T, target string, alter func([]byte)) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	p := &proxy{target: u.Host, alter: alter}
	p.listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.wait.Go(p.accept)
	t.Cleanup(p.close)
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		if p.closed {
			_, _ = client.Close(), server.Close()
		}
		p.mu.Unlock()
		p.wait.Go(func() { p.carry(server, client, nil) })
		p.wait.Go(func() { p.carry(client, server, p.alter) })
	}
}

// carry copies one way. What comes while the proxy is frozen is lost, as on a
// network that drops packets, and whoever sent it learns nothing until it thaws.
func (p *proxy) carry(to, from net.Conn, alter func([]byte)) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		frozen := p.frozen
		p.mu.Unlock()
		if frozen != nil {
			<-frozen
			return
		}
		if alter != nil {
			alter(buf[:n])
		}
		if n > 0 {
			_, werr := to.Write(buf[:n])
			err = errors.Join(err, werr)
		}
		if err != nil {
			return
		}
	}
}

// freeze stops carrying.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = make(chan struct{})
}

// thaw lets new connections through again.
func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.thaw()
	p.mu.Lock()
	p.closed = true
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.wait.Wait()
}
