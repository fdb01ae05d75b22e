package server

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superher/superher"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/storage"
)

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotency-Replayed"
)

// reply is the answer of an operation before it is sent. It is also what is
// remembered under an idempotency key.
type reply struct {
	Status   int            `json:"status"`
	Location string         `json:"location,omitzero"`
	ETag     string         `json:"etag,omitzero"`
	Body     jsontext.Value `json:"body"`
}

// secretive is an answer with a secret that must not be remembered.
type secretive interface {
	// masked returns the answer without its secret.
	masked() any
}

// encode makes the reply of an answer.
func (c *call) encode(status int, out any) (reply, error) {
	body, err := json.Marshal(out, json.Deterministic(true))
	r := reply{Status: status, Location: c.location, Body: body}
	if tagged, ok := out.(interface{ tag() string }); ok {
		r.ETag = tagged.tag()
	}
	return r, err
}

// remember makes the reply, and what of it is stored.
func (c *call) remember(status int, out any) (fresh reply, stored []byte, err error) {
	if fresh, err = c.encode(status, out); err != nil {
		return fresh, nil, err
	}
	kept := fresh
	if secret, ok := out.(secretive); ok {
		if kept, err = c.encode(status, secret.masked()); err != nil {
			return fresh, nil, err
		}
	}
	stored, err = json.Marshal(kept, json.Deterministic(true))
	return fresh, stored, err
}

// deliver sends a reply.
func (c *call) deliver(r reply) error {
	h := c.w.Header()
	if r.Location != "" {
		h.Set("Location", r.Location)
	}
	if r.ETag != "" {
		h.Set("ETag", r.ETag)
	}
	c.send(r.Status, "application/json", r.Body)
	return nil
}

// idempotency reads the idempotency key of a request; asked is false where it
// has none. The fingerprint covers the caller, the route, the query and the exact
// body: what one caller was answered is not for another, who may do less.
func (c *call) idempotency(body []byte) (r superher.Request, asked bool, err error) {
	values := c.r.Header.Values(idempotencyHeader)
	if c.r.Method != http.MethodPost || len(values) == 0 {
		return superher.Request{}, false, nil
	}
	if len(values) > 1 {
		return superher.Request{}, false, fault.Bad(idempotencyHeader, "repeated", "Idempotency-Key must be given once")
	}
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(c.who.name()), []byte(c.r.URL.Path), []byte(c.r.URL.RawQuery), body} {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write(part)
	}
	return superher.Request{Key: values[0], Fingerprint: [32]byte(hash.Sum(nil))}, true, nil
}

// carryOut does what a request with a body asks for and answers it, once where
// it has an idempotency key.
func (c *call) carryOut(body []byte, do func(c *call) (status int, out any, err error)) error {
	request, asked, err := c.idempotency(body)
	if err != nil {
		return err
	}
	if !asked {
		return c.finish(do(c))
	}
	var fresh reply
	answer, replayed, err := c.account.Once(storage.Brief(c.r.Context()), request, func(ctx context.Context, bound superher.Account) (answer []byte, err error) {
		inside := *c
		inside.account, inside.r = bound, c.r.WithContext(ctx)
		status, out, err := do(&inside)
		if err != nil {
			return nil, err
		}
		fresh, answer, err = inside.remember(status, out)
		return answer, err
	})
	return c.settle(answer, replayed, fresh, err)
}

// administer is carryOut for what belongs to no advertiser.
func (c *call) administer(body []byte, do func(ctx context.Context, a superher.Administration) (status int, out any, err error)) error {
	request, asked, err := c.idempotency(body)
	if err != nil {
		return err
	}
	var fresh reply
	if !asked {
		err := c.s.client.Administer(c.r.Context(), func(ctx context.Context, a superher.Administration) error {
			status, out, err := do(ctx, a)
			if err == nil {
				fresh, err = c.encode(status, out)
			}
			return err
		})
		return c.settle(nil, false, fresh, err)
	}
	answer, replayed, err := c.s.client.AdministerOnce(c.r.Context(), request, func(ctx context.Context, a superher.Administration) (answer []byte, err error) {
		status, out, err := do(ctx, a)
		if err != nil {
			return nil, err
		}
		fresh, answer, err = c.remember(status, out)
		return answer, err
	})
	return c.settle(answer, replayed, fresh, err)
}

// finish sends an answer that is not to be remembered.
func (c *call) finish(status int, out any, err error) error {
	if err != nil {
		return err
	}
	fresh, err := c.encode(status, out)
	if err != nil {
		return err
	}
	return c.deliver(fresh)
}

// settle sends the fresh reply, or the one that was remembered.
func (c *call) settle(answer []byte, replayed bool, fresh reply, err error) error {
	if err != nil {
		return err
	}
	if !replayed {
		return c.deliver(fresh)
	}
	var stored reply
	if err := json.Unmarshal(answer, &stored); err != nil {
		return err
	}
	c.w.Header().Set(replayedHeader, "true")
	return c.deliver(stored)
}
