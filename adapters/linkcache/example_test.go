package linkcache_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/superher/superher/adapters/linkcache"
	"github.com/superher/superher/adapters/memory"
	"github.com/superher/superher/fault"
)

// A cache stands in front of a store. With PostgreSQL, give it the WatchLinks of
// the store, and run it, so that what other nodes change shows at once.
func ExampleNew() {
	inner := memory.New()
	store, err := linkcache.New(linkcache.Config{Store: inner})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); store.Run(ctx) }()

	_, err = store.System().LinkByCode(ctx, "abcdefg") // superher.Config{Store: store} asks like this
	fmt.Println(errors.Is(err, fault.NotFound))
	stop()
	<-ended
	// Output: true
}
