package fault_test

import (
	"errors"
	"fmt"

	"github.com/superher/superher/fault"
)

func ExampleChecks() {
	name, share := "", 120

	var checks fault.Checks
	checks.Text("name", name, true, 200)
	checks.That(share <= 100, "share", "out-of-range", "share must be at most 100")
	err := checks.Err()

	fmt.Println(errors.Is(err, fault.Invalid))
	for _, field := range fault.Of(err).Fields {
		fmt.Println(field.Name, field.Reason)
	}
	// Output:
	// true
	// name required
	// share out-of-range
}
