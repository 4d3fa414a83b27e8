package ident

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTableIsAMap compares with a map; digests meet often, and not only in their low bits.
func TestTableIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 8))
	var table Table[*int]
	known := map[Digest]*int{}
	for range 200_000 {
		key := Digest{Hi: random.Uint64N(3), Lo: random.Uint64N(500) << random.IntN(3)}
		switch random.IntN(3) {
		case 0:
			table.Delete(key)
			delete(known, key)
		case 1:
			thing := new(int)
			table.Put(key, thing)
			known[key] = thing
		}
		if known[key] != table.Get(key) || len(known) != table.Len() {
			t.Fatal("it is another") // as an assertion, it would take most of the time
		}
	}
	for key, thing := range known {
		require.Same(t, thing, table.Get(key))
	}
	for key := range known {
		table.Delete(key)
	}
	require.Zero(t, table.Len())
	require.Nil(t, table.Get(Digest{}))
}

func TestTableGivesBackItsRoom(t *testing.T) {
	var table Table[*int]
	digest := func(i int) Digest { return Digest{Lo: uint64(i) * 0x9e3779b97f4a7c15} }
	const n = 100_000
	for i := range n {
		table.Put(digest(i), new(int))
	}
	most := len(table.slots)
	table.Fit()
	require.Len(t, table.slots, most)
	for i := 5000; i < n; i++ {
		table.Delete(digest(i))
	}
	table.Fit()
	require.Less(t, len(table.slots), most/4)
	require.Equal(t, 5000, table.Len())
	for i := range n {
		if (i < 5000) != (table.Get(digest(i)) != nil) {
			t.Fatal(i)
		}
		table.Delete(digest(i))
	}
	table.Fit()
	require.Len(t, table.slots, largeTable/2)
}
