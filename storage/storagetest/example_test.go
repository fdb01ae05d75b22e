package storagetest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/storage"
	"github.com/superher/superher/storage/storagetest"
	"github.com/superher/superher/tenant"
)

// The test file of an adapter is a harness and one call of Run.
func ExampleHarness() {
	harness := storagetest.Harness{
		New:   func(*testing.T) storage.Store { return memory.New() },
		Seeds: 200, // more than the default, for a thorough run
	}
	// func TestStore(t *testing.T) { storagetest.Run(t, harness) }

	list, err := harness.New(nil).Read(tenant.Everyone()).Advertisers(context.Background(), storage.Page{})
	fmt.Println("a new store is empty:", len(list.Items) == 0, err)
	// Output:
	// a new store is empty: true <nil>
}
