package cache_test

import (
	"context"
	"fmt"
	"os"

	"hlspeer/cache"
)

// One opener fills the segment, the other one reads it.
func Example() {
	budget := cache.NewBudget(64 << 20)
	ring := cache.NewRing(budget, 8<<20)
	defer ring.Close()

	_, filler := ring.Open(7)
	segment, none := ring.Open(7)
	fmt.Println("second filler:", none)

	w := filler.Writer(true)
	fmt.Fprintln(w, "the bytes of segment 7")
	if err := filler.Seal(); err != nil {
		fmt.Println(err)
	}

	if _, err := segment.Reader(context.Background(), 0, cache.Verified).WriteTo(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// second filler: <nil>
	// the bytes of segment 7
}
