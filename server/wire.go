package server

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/superher/superher/campaigns"
	"github.com/superher/superher/coupons"
	"github.com/superher/superher/fault"
	"github.com/superher/superher/ident"
	"github.com/superher/superher/links"
	"github.com/superher/superher/money"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

// ref is an id on the wire: canonical text, null for none. The id of all zeros
// names nothing and is refused.
type ref[T any] ident.Of[T]

func refTo[T any](id ident.Of[T]) ref[T] { return ref[T](id) }

func (r ref[T]) id() ident.Of[T] { return ident.Of[T](r) }

// MarshalJSONTo implements [json.MarshalerTo].
func (r ref[T]) MarshalJSONTo(enc *jsontext.Encoder) error {
	if r.id().IsZero() {
		return enc.WriteToken(jsontext.Null)
	}
	return enc.WriteToken(jsontext.String(r.id().String()))
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (r *ref[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var text *string
	if err := json.UnmarshalDecode(dec, &text); err != nil || text == nil {
		return err
	}
	id, err := ident.Parse[T](*text)
	*r = ref[T](id)
	return err
}

// stamp is a time in answers: RFC 3339 in UTC, null for the zero time.
type stamp time.Time

// MarshalJSONTo implements [json.MarshalerTo].
func (s stamp) MarshalJSONTo(enc *jsontext.Encoder) error {
	at := time.Time(s)
	if at.IsZero() {
		return enc.WriteToken(jsontext.Null)
	}
	return enc.WriteToken(jsontext.String(at.UTC().Format("2006-01-02T15:04:05.999999Z")))
}

// The years of a time in requests, in UTC. What lies outside is a mistake, and
// beyond four digits no answer could show it.
const (
	minYear      = 1970
	maxYear      = 9999
	outsideYears = "a time must lie in the years 1970 to 9999 in UTC; leave it out for none"
)

func showable(at time.Time) bool {
	year := at.UTC().Year()
	return year >= minYear && year <= maxYear
}

// when is a time in requests: RFC 3339, the zero time where none is given.
type when time.Time

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (w *when) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var at *time.Time
	if err := json.UnmarshalDecode(dec, &at); err != nil || at == nil {
		return err
	}
	if !showable(*at) {
		return fault.Bad("", "out-of-range", outsideYears)
	}
	*w = when(*at)
	return nil
}

// MarshalJSONTo implements [json.MarshalerTo].
func (w when) MarshalJSONTo(enc *jsontext.Encoder) error { return stamp(w).MarshalJSONTo(enc) }

// text is a text in answers, null where it is empty.
type text string

// MarshalJSONTo implements [json.MarshalerTo].
func (t text) MarshalJSONTo(enc *jsontext.Encoder) error {
	if t == "" {
		return enc.WriteToken(jsontext.Null)
	}
	return enc.WriteToken(jsontext.String(string(t)))
}

// decimal is a number in requests, kept as the text it was sent as: of a
// string, or of a number literal. What the text may be is for its reader.
type decimal struct {
	text  string
	given bool
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (d *decimal) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	switch dec.PeekKind() {
	case 'n':
		*d = decimal{}
		return dec.SkipValue()
	case '"':
		d.given = true
		return json.UnmarshalDecode(dec, &d.text)
	case '0':
		literal, err := dec.ReadValue()
		d.text, d.given = string(literal), true
		return err
	default:
		if err := dec.SkipValue(); err != nil {
			return err
		}
		return fault.Bad("", "wrong-type", "a number must be a string or a plain decimal")
	}
}

// amount is money in answers.
type amount struct {
	Amount   string         `json:"amount"`
	Currency money.Currency `json:"currency"`
}

// amountOf returns nil, which is null, for no money at all.
func amountOf(a money.Amount) *amount {
	if a.IsZero() {
		return nil
	}
	return &amount{a.Decimal(), a.Currency}
}

func amountsOf(totals money.Totals) []amount {
	return each(totals, func(a money.Amount) amount { return amount{a.Decimal(), a.Currency} })
}

// newAmount is money in requests.
type newAmount struct {
	Amount   decimal        `json:"amount"`
	Currency money.Currency `json:"currency"`
}

// read returns the money, or none for nil, and notes under the field's name
// what is wrong with it.
func (a *newAmount) read(field string, checks *fault.Checks) money.Amount {
	if a == nil {
		return money.Amount{}
	}
	parsed, err := money.Parse(a.Amount.text, a.Currency)
	if e := fault.Of(err); e != nil {
		name := "amount"
		if e.Fields[0].Name == "currency" {
			name = "currency"
		}
		checks.Add(field+"."+name, e.Reason, e.Detail)
	}
	return parsed
}

// parties names what an event, or a candidate for its credit, belongs to.
type parties struct {
	Campaign   ref[campaigns.Campaign]   `json:"campaign_id"`
	Influencer ref[campaigns.Influencer] `json:"influencer_id"`
	Coupon     ref[coupons.Coupon]       `json:"coupon_id"`
	Link       ref[links.Link]           `json:"tracking_link_id"`
}

// field is a member of a change: absent it leaves things as they are, and null
// empties them.
type field[T any] struct {
	given bool
	value T
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (f *field[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	f.given = true
	return json.UnmarshalDecode(dec, &f.value)
}

// pointer returns the value, nil where the member is absent.
func (f field[T]) pointer() *T {
	if !f.given {
		return nil
	}
	return &f.value
}

// moment is pointer for a time.
func moment(f field[when]) *time.Time {
	if !f.given {
		return nil
	}
	return new(time.Time(f.value))
}

// keptOf is how many items of a list or object in a request are kept while it is
// read. No list of the domain is as long, so one that is cut is refused as well.
const keptOf = maxListed + 1

// few is a list in requests, of which no more is kept than is needed to refuse it.
type few[T any] []T

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (f *few[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '[' {
		return json.UnmarshalDecode(dec, (*[]T)(f))
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	*f = few[T]{}
	for dec.PeekKind() != ']' {
		if len(*f) == keptOf {
			if err := dec.SkipValue(); err != nil {
				return err
			}
			continue
		}
		var item T
		if err := json.UnmarshalDecode(dec, &item); err != nil {
			return err
		}
		*f = append(*f, item)
	}
	_, err := dec.ReadToken()
	return err
}

// pairs are the members of an object in requests, bounded in the same way.
type pairs map[string]*string

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (p *pairs) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return json.UnmarshalDecode(dec, (*map[string]*string)(p))
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	*p = pairs{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if key := name.String(); len(*p) < keptOf {
			var value *string
			if err := json.UnmarshalDecode(dec, &value); err != nil {
				return err
			}
			(*p)[key] = value
		} else if err := dec.SkipValue(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// body is what every body may have.
type body struct {
	Advertiser ref[tenant.Advertiser] `json:"advertiser_id"`
}

func (b body) names() ref[tenant.Advertiser] { return b.Advertiser }

// list is a page of things.
type list[T any] struct {
	Data []T  `json:"data"`
	Next text `json:"next_cursor"`
}

// listOf translates a page of the store.
func listOf[From, To any](page storage.List[From], translate func(From) To) list[To] {
	return list[To]{Data: each(page.Items, translate), Next: text(page.Next)}
}

// each translates every item; the result is never nil.
func each[From, To any](items []From, translate func(From) To) []To {
	out := make([]To, len(items))
	for i, item := range items {
		out[i] = translate(item)
	}
	return out
}
