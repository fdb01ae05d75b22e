package jetstream_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/superher/superher/adapters/jetstream"
	"github.com/superher/superher/clicks"
)

// A recorder with a server in the same process. Run hands visits to the store,
// here to a function that counts them, and what is left when it is told to end.
func ExampleOpen() {
	folder, err := os.MkdirTemp("", "clicks")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	recorder, err := jetstream.Open(context.Background(), jetstream.Config{Dir: filepath.Join(folder, "clicks")})
	if err != nil {
		log.Fatal(err)
	}
	defer recorder.Close()
	for range 3 {
		if err := recorder.Record(context.Background(), clicks.Visit{}); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("waiting:", recorder.Stats().Waiting)

	ctx, stop := context.WithCancel(context.Background())
	stop()
	stored := 0
	err = recorder.Run(ctx, func(_ context.Context, visits []clicks.Visit) error {
		stored += len(visits)
		return nil
	})
	fmt.Println("stored:", stored, err)
	// Output:
	// waiting: 3
	// stored: 3 <nil>
}
