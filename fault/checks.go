package fault

import "errors"

// Checks collects the complaints about one input, so that a caller learns of
// every bad field at once. The zero value is ready; it is not safe for
// concurrent use.
type Checks struct {
	fields []Field
}

// MaxFields is how many complaints about one input are listed at most: more help
// nobody, and an input made to collect them must not fill the memory.
const MaxFields = 50

// Add records a complaint about a field, one of the first [MaxFields].
func (c *Checks) Add(name, reason, detail string) {
	if len(c.fields) == MaxFields {
		return
	}
	c.fields = append(c.fields, Field{Name: name, Reason: reason, Detail: detail})
}

// That records the complaint unless ok holds, and returns ok.
func (c *Checks) That(ok bool, name, reason, detail string) bool {
	if !ok {
		c.Add(name, reason, detail)
	}
	return ok
}

// Take records what err says about the named field and reports whether err was
// nil. The fields of an Invalid error are kept under the name: a field of the
// same name or without one takes it, any other is nested below it.
func (c *Checks) Take(name string, err error) bool {
	if err == nil {
		return true
	}
	var e *Error
	if !errors.As(err, &e) {
		c.Add(name, "invalid", err.Error())
		return false
	}
	if len(e.Fields) == 0 {
		c.Add(name, e.Reason, e.Detail)
		return false
	}
	for _, f := range e.Fields {
		c.Add(nested(name, f.Name), f.Reason, f.Detail)
	}
	return false
}

func nested(outer, inner string) string {
	switch {
	case outer == "" || outer == inner:
		return inner
	case inner == "":
		return outer
	default:
		return outer + "." + inner
	}
}

// Err returns nil when nothing was recorded, otherwise one Invalid error that
// lists every field. The reason is that of the only complaint, or "invalid-fields".
func (c *Checks) Err() error {
	switch len(c.fields) {
	case 0:
		return nil
	case 1:
		f := c.fields[0]
		return &Error{Code: Invalid, Reason: f.Reason, Detail: f.Detail, Fields: c.fields}
	default:
		return &Error{Code: Invalid, Reason: "invalid-fields", Detail: "several fields are not valid", Fields: c.fields}
	}
}

// Bad returns an Invalid error about a single field.
func Bad(field, reason, detail string) *Error {
	return &Error{Code: Invalid, Reason: reason, Detail: detail, Fields: []Field{{Name: field, Reason: reason, Detail: detail}}}
}
