package server

import (
	"net/http"
	"strings"

	"github.com/superher/superher/tenant"
)

// Audience says who may call an operation.
type Audience string

// The audiences.
const (
	Callers    Audience = "callers"    // holders of an API key with the scope, and every active person
	Admins     Audience = "admins"     // people with the role admin
	Identified Audience = "identified" // everybody with a valid credential, people without any right included
	Anyone     Audience = "anyone"     // everybody
)

// Operation describes one method of one route, as the OpenAPI document has it.
type Operation struct {
	Method     string
	Path       string // "/api/v1/campaigns/{id}"
	Audience   Audience
	Scope      tenant.Permission // that a key needs; "" for none
	Idempotent bool              // takes an Idempotency-Key
	Versioned  bool              // takes an If-Match: a PATCH needs one, a DELETE may have one
}

// Operations lists every operation of the handler that [New] returns.
func Operations() []Operation {
	var list []Operation
	for _, op := range (&server{}).operations() {
		segments := strings.Split(op.pattern, "/")
		for i, segment := range segments {
			if name, isParameter := strings.CutPrefix(segment, ":"); isParameter {
				segments[i] = "{" + name + "}"
			}
		}
		list = append(list, Operation{
			Method: op.method, Path: strings.Join(segments, "/"), Audience: op.access.audience(), Scope: op.permission,
			Idempotent: op.method == http.MethodPost, Versioned: op.method == http.MethodPatch || op.method == http.MethodDelete,
		})
	}
	return list
}

func (a access) audience() Audience {
	switch a {
	case byAdmin:
		return Admins
	case byIdentity:
		return Identified
	case byAnyone:
		return Anyone
	default:
		return Callers
	}
}
