package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/uptrace/bunrouter"

	"github.com/superher/superher"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// call is one request on its way through an operation.
type call struct {
	s        *server
	w        *recorder
	r        *http.Request
	params   bunrouter.Params
	who      caller
	view     tenant.View
	viewer   superher.Viewer  // what the caller may read
	account  superher.Account // what it changes, for operations that change something
	in       any              // the body
	location string           // of what was created
	timeout  time.Duration    // what is left for the answer, from began on
	began    time.Time
	base     context.Context //nolint:containedctx // of the request without a deadline: the clock stands still while the body is read
	cancel   context.CancelFunc
	took     bool // the body was asked for
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

// begin starts the time for the answer, and goes on with what is left of it after
// a body was read. What is still read meanwhile must not end before it: that
// would end the request.
func (c *call) begin() error {
	c.cancel()
	c.began = time.Now()
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
	if op.access != byAnyone {
		if err := c.enter(op); err != nil {
			return err
		}
	}
	return op.serve(c)
}

// enter finds out who calls and whether they may, within the limits of how
// often.
func (c *call) enter(op operation) error {
	if err := c.authenticate(); err != nil {
		if errors.Is(err, fault.Unauthenticated) {
			return c.stranger(err)
		}
		return err
	}
	c.w.caller = c.who.name()
	if err := c.pace(); err != nil {
		return err
	}
	return c.admit(op)
}

// show is an operation that answers what read returns.
func show[Out any](read func(c *call) (Out, error)) func(c *call) error {
	return func(c *call) error {
		out, err := read(c)
		return c.finish(http.StatusOK, out, err)
	}
}

// owned is a body that may name an advertiser.
type owned interface {
	names() ref[tenant.Advertiser]
}

// accept is an operation with a body. Its query can only name an advertiser. owner finds whose it is where an admin does not say.
func accept[In owned, Out any](owner func(c *call) (tenant.ID, error), write func(c *call, in In) (status int, out Out, err error)) func(c *call) error {
	return func(c *call) error {
		in, body, err := receive[In](c)
		if err != nil {
			return err
		}
		c.in = in
		if err := c.act(in.names().id(), owner); err != nil {
			return err
		}
		return c.carryOut(body, func(c *call) (int, any, error) { return untyped(write(c, in)) })
	}
}

// untyped forgets the type of an answer.
func untyped[Out any](status int, out Out, err error) (int, any, error) { return status, out, err }

// alter is an operation that changes something of a version that it names.
func alter[In owned, Out any](owner func(c *call) (tenant.ID, error), change func(c *call, in In, version int64) (Out, error)) func(c *call) error {
	return func(c *call) error {
		version, err := c.expected()
		if err != nil {
			return err
		}
		in, _, err := receive[In](c)
		if err != nil {
			return err
		}
		if err := c.act(in.names().id(), owner); err != nil {
			return err
		}
		out, err := change(c, in, version)
		return c.finish(http.StatusOK, out, unmatched(version, err))
	}
}

// retire is an operation without a body that ends the life of something. It may
// name the version that it is meant for.
func retire[Out any](owner func(c *call) (tenant.ID, error), end func(c *call, version int64) (Out, error)) func(c *call) error {
	return func(c *call) error {
		var version int64
		if len(c.r.Header.Values("If-Match")) > 0 {
			var err error
			if version, err = c.expected(); err != nil {
				return err
			}
		}
		if err := c.writeQuery(); err != nil {
			return err
		}
		if err := c.act(tenant.ID{}, owner); err != nil {
			return err
		}
		out, err := end(c, version)
		return c.finish(http.StatusOK, out, unmatched(version, err))
	}
}

// receive reads and decodes a body.
func receive[In owned](c *call) (in In, body []byte, err error) {
	if err := c.writeQuery(); err != nil {
		return in, nil, err
	}
	if body, err = c.body(MaxBody); err != nil {
		return in, nil, err
	}
	err = decode(body, &in)
	return in, body, err
}

// writeQuery refuses every query but one that names an advertiser the caller
// may change.
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

// own refuses an advertiser other than that of the call, as if there was none.
func (c *call) own(named tenant.ID) error {
	own := c.who.advertiser()
	if c.who.isAdmin() {
		own = c.account.Scope().Advertiser()
	}
	if !named.IsZero() && !own.IsZero() && named != own {
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
func (c *call) created(route string, id fmt.Stringer) { c.location = apiPrefix + route + id.String() }

// send writes a whole answer. An error means that nobody is there to read it.
func (c *call) send(status int, contentType string, body []byte) {
	c.w.Header().Set("Content-Type", contentType)
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body)
}
