package journal_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/superher/superher/adapters/journal"
	"github.com/superher/superher/clicks"
)

// A journal stands between redirects and the store. The sink is superher's
// Client.RecordClicks; here it counts.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "clicks-")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	recorder, err := journal.Open(journal.Config{Dir: dir, Fsync: time.Second})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stored, ended := 0, make(chan error, 1)
	go func() {
		ended <- recorder.Run(ctx, func(_ context.Context, visits []clicks.Visit) error {
			stored += len(visits)
			return nil
		})
	}()

	for i := range 3 { // in the handler of GET /r/{code}
		if err := recorder.Record(ctx, visit(i)); err != nil {
			log.Print("the click is lost, the shopper is sent on: ", err)
		}
	}

	stop() // after the last redirect
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	if err := recorder.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(stored, "clicks")
	// Output: 3 clicks
}
