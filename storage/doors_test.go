package storage_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/superher/superher/storage"
	"github.com/superher/superher/tenant"
)

func methodsOf(port reflect.Type) []string {
	var names []string
	for method := range port.Methods() {
		names = append(names, method.Name)
	}
	return names
}

func takes(method reflect.Method, wanted reflect.Type) bool {
	for in := range method.Type.Ins() {
		if in == wanted {
			return true
		}
	}
	return false
}

func TestStore_HasThreeDoorsAndNoFourth(t *testing.T) {
	require.Equal(t, []string{"Read", "System", "Write"}, methodsOf(reflect.TypeFor[storage.Store]()))
}

func TestStore_EveryDoorButSystemTakesAScopeOrAView(t *testing.T) {
	store := reflect.TypeFor[storage.Store]()
	for method := range store.Methods() {
		if method.Name == "System" {
			continue
		}
		require.True(t, takes(method, reflect.TypeFor[tenant.Scope]()) || takes(method, reflect.TypeFor[tenant.View]()),
			"Store.%s takes neither a tenant.Scope nor a tenant.View", method.Name)
	}
}

// What is behind the third door is a list to be changed on purpose only: each
// name here works without a tenant.
func TestSystem_HoldsWhatHappensBeforeATenantIsKnownAndNothingElse(t *testing.T) {
	require.Equal(t, []string{
		"APIKeyByHash", "Administer", "AppendClicks", "CreateAdvertiser", "CreateUser", "DropRequests", "DropSalts", "DropTickets",
		"DueTotals", "FoldTotals", "LinkByCode", "RebuildTotals", "ShareInfluencer", "TakeTicket", "TouchAPIKey", "UpdateUser", "User",
		"UserByIdentity", "Users", "VerifyTotals", "VisitorSalt",
	}, methodsOf(reflect.TypeFor[storage.System]()))
}

func TestSystem_NeverListsTheDataOfTenants(t *testing.T) {
	system := reflect.TypeFor[storage.System]()
	for method := range system.Methods() {
		if method.Name == "Users" { // people belong to the platform, not to a tenant
			continue
		}
		require.False(t, takes(method, reflect.TypeFor[storage.Page]()), "System.%s takes a page", method.Name)
		for out := range method.Type.Outs() {
			kind := out.Kind()
			require.NotContains(t, []reflect.Kind{reflect.Slice, reflect.Map, reflect.Func}, kind, "System.%s returns many things", method.Name)
		}
	}
}

// A transaction outside of any tenant reads nothing of tenants: what it could
// change of theirs is not here either.
func TestPlatform_HoldsRequestsTicketsAndNewAdvertisersAndNothingElse(t *testing.T) {
	require.Equal(t, []string{"AnswerRequest", "ClaimRequest", "CreateAdvertiser", "CreateTicket"}, methodsOf(reflect.TypeFor[storage.Platform]()))
}

func TestTx_IsAReader(t *testing.T) {
	require.True(t, reflect.TypeFor[storage.Tx]().Implements(reflect.TypeFor[storage.Reader]()))
}

func TestReaderTxPlatformAndSystem_EveryMethodTakesAContext(t *testing.T) {
	for _, port := range []reflect.Type{reflect.TypeFor[storage.Tx](), reflect.TypeFor[storage.Platform](), reflect.TypeFor[storage.System]()} {
		for method := range port.Methods() {
			if method.Name == "Stats" { // its reports take one each
				continue
			}
			require.Equal(t, "context.Context", method.Type.In(0).String(), method.Name)
		}
	}
}
