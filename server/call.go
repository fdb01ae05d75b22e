package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/uptrace/bunrouter"

	"github.com/superher/superher"
	"github.com/superher/superher/auth"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// call is one request on its way through an operation.
type call struct {
	s       *server
	w       *recorder
	r       *http.Request
	params  bunrouter.Params
	account superher.Account // of the key, for operations that take one
	key     tenant.APIKey
	timeout time.Duration   // for the answer
	base    context.Context //nolint:containedctx // of the request without a deadline: the clock starts anew after the body
	cancel  context.CancelFunc
	took    bool // the body was asked for
}

// newCall returns the call of a request that ServeHTTP took in.
func (s *server) newCall(w http.ResponseWriter, r *http.Request) *call {
	rec, ok := w.(*recorder)
	if !ok {
		rec = &recorder{ResponseWriter: w, id: newRequestID(s.now())}
	}
	return &call{s: s, w: rec, r: r}
}

// handle runs an operation: its time limit, who may call it, and its answer.
func (s *server) handle(op operation) bunrouter.HandlerFunc {
	timeout := op.timeout
	if timeout == 0 {
		timeout = s.timeout
	}
	return func(w http.ResponseWriter, req bunrouter.Request) error {
		c := s.newCall(w, req.Request)
		c.w.route, c.params = req.Route(), req.Params()
		c.timeout, c.base, c.cancel = timeout, req.Context(), func() {}
		defer func() { c.cancel() }()
		if err := c.begin(); err != nil {
			c.fail(err)
			return nil
		}
		if err := c.run(op); err != nil {
			c.fail(err)
		}
		return nil
	}
}

// begin starts the time for the answer, once more after a body was read. What
// is still read meanwhile must not end before it: that would end the request.
func (c *call) begin() error {
	c.cancel()
	ctx, cancel := context.WithTimeout(c.base, c.timeout)
	c.cancel, c.r = cancel, c.r.WithContext(ctx)
	return c.within(c.timeout+writeGrace, c.timeout+writeGrace)
}

// within sets how long the connection may take to be read from and to be
// written to. The clock is the connection's, not the server's.
func (c *call) within(read, write time.Duration) error {
	now, connection := time.Now(), http.NewResponseController(c.w)
	err := connection.SetReadDeadline(now.Add(read))
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		err = connection.SetWriteDeadline(now.Add(write))
	}
	if err == nil || errors.Is(err, http.ErrNotSupported) { // a host's own writer may have its own limits
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "connection-lost", "the connection is gone")
}

func (c *call) run(op operation) error {
	if op.access == byKey {
		if err := c.authenticate(); err != nil {
			return err
		}
		if op.permission != "" {
			if err := c.need(op.permission); err != nil {
				return err
			}
		}
	}
	if op.method == http.MethodPost && len(c.r.Header.Values("Idempotency-Key")) > 0 {
		return refuse(http.StatusNotImplemented, fault.New(fault.Unsupported, "idempotency-key-not-supported",
			"Idempotency-Key is not supported; a repeat would not be recognised by it"))
	}
	return op.serve(c)
}

// authenticate finds out whose account the call is about. Everything that is
// wrong with a credential has the same answer.
func (c *call) authenticate() error {
	values := c.r.Header.Values("Authorization")
	if len(values) != 1 {
		return auth.InvalidCredential(nil)
	}
	token, err := auth.BearerToken(values[0])
	if err != nil {
		return err
	}
	key, err := c.s.client.Authenticate(c.r.Context(), token)
	if err != nil {
		return err
	}
	c.key, c.account = key, c.s.client.For(tenant.For(key.Advertiser))
	return nil
}

// need refuses a key without the permission.
func (c *call) need(p tenant.Permission) error {
	if c.key.Allows(p) {
		return nil
	}
	return fault.New(fault.Forbidden, "scope-insufficient", "the key does not have the scope "+string(p))
}

// show is an operation that answers what read returns.
func show[Out any](read func(c *call) (Out, error)) func(c *call) error {
	return func(c *call) error {
		out, err := read(c)
		if err != nil {
			return err
		}
		return c.answer(http.StatusOK, out)
	}
}

// owned is a body that may name an advertiser.
type owned interface {
	names() ref[tenant.Advertiser]
}

// accept is an operation with a body of at most limit bytes. It has no query.
func accept[In owned, Out any](limit int64, write func(c *call, in In) (status int, out Out, err error)) func(c *call) error {
	return func(c *call) error {
		in, err := receive[In](c, limit, MaxDepth)
		if err != nil {
			return err
		}
		status, out, err := write(c, in)
		if err != nil {
			return err
		}
		return c.answer(status, out)
	}
}

// receive reads and decodes a body, and refuses one about another advertiser.
func receive[In owned](c *call, limit int64, deepest int, options ...json.Options) (In, error) {
	var in In
	if err := c.writeQuery(); err != nil {
		return in, err
	}
	body, err := c.body(limit)
	if err != nil {
		return in, err
	}
	if err := decodeWithin(deepest, body, &in, options...); err != nil {
		return in, err
	}
	return in, c.mine(in)
}

// writeQuery refuses every query but one that names the key's own advertiser.
func (c *call) writeQuery() error {
	q := c.query()
	named := ids[tenant.Advertiser](q, "advertiser_id")
	if err := q.done(); err != nil {
		return err
	}
	for _, id := range named {
		if err := c.own(id); err != nil {
			return err
		}
	}
	return nil
}

// mine refuses a body that names another advertiser, as if there was none.
func (c *call) mine(in owned) error {
	return c.own(in.names().id())
}

// own refuses an advertiser other than the key's.
func (c *call) own(named tenant.ID) error {
	if !named.IsZero() && named != c.key.Advertiser {
		return fault.New(fault.NotFound, "not-found", "there is no such advertiser")
	}
	return nil
}

// pathID reads the id in a path. A text that is no id names nothing that
// exists, so it is answered like any other id of nothing.
func pathID[T any](c *call, name string) (ident.Of[T], error) {
	id, err := ident.Parse[T](c.params.ByName(name))
	if err != nil {
		return id, fault.New(fault.NotFound, "not-found", "there is no such thing")
	}
	return id, nil
}

// one answers a request for one thing by the id in its path.
func one[T, From, To any](c *call, load func(context.Context, ident.Of[T]) (From, error), translate func(From) To) (To, error) {
	var nothing To
	if err := c.query().done(); err != nil {
		return nothing, err
	}
	id, err := pathID[T](c, "id")
	if err != nil {
		return nothing, err
	}
	found, err := load(c.r.Context(), id)
	if err != nil {
		return nothing, err
	}
	return translate(found), nil
}

// page answers a request for a list.
func page[From, To any](c *call, load func(context.Context, storage.Page) (storage.List[From], error), translate func(From) To) (list[To], error) {
	q := c.query()
	asked := q.page()
	if err := q.done(); err != nil {
		return list[To]{}, err
	}
	found, err := load(c.r.Context(), asked)
	if err != nil {
		return list[To]{}, err
	}
	return listOf(found, translate), nil
}

// created says where what was created can be read from now on.
func (c *call) created(route string, id fmt.Stringer) {
	c.w.Header().Set("Location", apiPrefix+route+id.String())
}

// answer writes a JSON answer.
func (c *call) answer(status int, out any) error {
	body, err := json.Marshal(out, json.Deterministic(true))
	if err != nil {
		return err
	}
	c.send(status, "application/json", body)
	return nil
}

// send writes a whole answer. An error means that nobody is there to read it.
func (c *call) send(status int, contentType string, body []byte) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
}
