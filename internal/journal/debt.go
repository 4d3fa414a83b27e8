package journal

import (
	"cmp"
	"maps"
	"slices"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// maxOwed bounds the records that wait for a storage to work again, in bytes.
const maxOwed = 16 << 20

// debts are what the storage did not take. It is written with what comes next, for a call with a hole would be another call
// after a restart. Where it is too much, whole calls are lost.
type debts struct {
	owed map[call.Key]debt
	// lost are the calls of which nothing is kept any more, each with the generation that it had first. They are known until
	// they are forgotten or begin anew: what they add would be a call without its start.
	lost map[call.Key]uint64
}

// debt is what is owed to one call: a record with room for its seal.
type debt struct {
	since uint64
	value []byte
}

func newDebts() debts { return debts{owed: map[call.Key]debt{}, lost: map[call.Key]uint64{}} }

func (d *debts) isLost(key call.Key) bool {
	_, is := d.lost[key]
	return is
}

// cancel is for a name that is another call's from now on.
func (d *debts) cancel(key call.Key) {
	delete(d.owed, key)
	delete(d.lost, key)
}

func (d *debts) forget(gone call.Gone) {
	if owed, is := d.owed[gone.Key]; is && owed.since <= gone.Mark {
		delete(d.owed, gone.Key)
	}
	if since, is := d.lost[gone.Key]; is && since <= gone.Mark {
		delete(d.lost, gone.Key)
	}
}

// shed loses the calls that are owed most until the rest is not too much, and says which.
func (d *debts) shed() []call.Key {
	sum := 0
	for key, owed := range d.owed {
		sum += owed.size(key)
	}
	if sum <= maxOwed {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(d.owed), func(a, b call.Key) int {
		return cmp.Compare(d.owed[b].size(b), d.owed[a].size(a))
	})
	n := 0
	for ; sum > maxOwed; n++ {
		owed := d.owed[keys[n]]
		sum -= owed.size(keys[n])
		delete(d.owed, keys[n])
		d.lost[keys[n]] = owed.since
	}
	return keys[:n]
}

// size is what a debt takes, with its call's name twice: as the key and in the slot's header to come.
func (d debt) size(key call.Key) int {
	return len(d.value) + 2*(len(key.Tenant)+len(key.ID)) + bytesPerHeader
}
