package server

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/superher/superher/fault"
)

// versioned is embedded in what carries a version, which is its entity tag.
type versioned struct {
	Version int64 `json:"version"`
}

func (v versioned) tag() string { return `"` + strconv.FormatInt(v.Version, 10) + `"` }

// expected reads the version that a change is meant for. Every change must name
// one, or say with * that any will do, which is 0.
func (c *call) expected() (int64, error) {
	values := c.r.Header.Values("If-Match")
	if len(values) == 0 {
		return 0, refuse(http.StatusPreconditionRequired, fault.New(fault.Invalid, "if-match-required",
			`a change must say which version it is meant for: If-Match: "3", from the ETag or the version; * for any`))
	}
	if len(values) == 1 && values[0] == "*" {
		return 0, nil
	}
	text, opened := strings.CutPrefix(values[0], `"`)
	text, closed := strings.CutSuffix(text, `"`)
	version, err := strconv.ParseInt(text, 10, 64)
	if len(values) > 1 || !opened || !closed || err != nil || version < 1 || strconv.FormatInt(version, 10) != text {
		return 0, refuse(http.StatusBadRequest, fault.Bad("If-Match", "malformed-if-match", `If-Match must be one entity tag like "3", or *`))
	}
	return version, nil
}

// unmatched turns the conflict with another change into the answer to a failed
// precondition, where the caller stated one.
func unmatched(version int64, err error) error {
	if version != 0 && fault.HasReason(err, "changed-meanwhile") {
		return refuse(http.StatusPreconditionFailed, fault.Of(err))
	}
	return err
}
