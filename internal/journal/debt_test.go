package journal

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The disk is full when one call goes on and another begins, and works again.
func TestADiskThatWasFullLeavesNoHole(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, opening(steps("a", 1)))
	disk.fail(errDisk, nil)
	owe(t, j, opening(steps("b", 1)), steps("a", 2))
	owe(t, j, steps("b", 2))
	owe(t, j, steps("a", 3))
	disk.fail(nil, nil)
	add(t, j, steps("a", 4))
	_, found := start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 3, 4), steps("b", 1, 2)}, found, "b was silent since")
	add(t, j, steps("b", 3))
	_, found = start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 3, 4), steps("b", 1, 2, 3)}, found)
	require.Empty(t, j.book.owed)
}

// owe appends to a disk that fails.
func owe(t *testing.T, j *Journal, records ...Record) {
	t.Helper()
	require.ErrorIs(t, j.Append(context.Background(), records), errDisk)
}

func TestWhatIsOwedComesWithForgettingAndWithTheEnd(t *testing.T) {
	for name, next := range map[string]func(*testing.T, *Journal){
		"forgetting": func(t *testing.T, j *Journal) { forget(t, j, "old") },
		"the end":    func(t *testing.T, j *Journal) { require.NoError(t, j.Close(context.Background())) },
	} {
		t.Run(name, func(t *testing.T) {
			disk := newMemory()
			j, _ := start(t, disk)
			add(t, j, steps("old", 1))
			disk.fail(errDisk, nil)
			owe(t, j, steps("a", 1))
			disk.fail(nil, nil)
			next(t, j)
			_, found := start(t, disk)
			require.Contains(t, found, steps("a", 1))
		})
	}
}

func TestWhatIsOwedToACallThatIsOver(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	disk.fail(errDisk, nil)
	owe(t, j, opening(steps("a", 1)), opening(steps("b", 1)), opening(steps("c", 1)))
	over := gone(j, "a", "b", "c")
	owe(t, j, opening(steps("b", 2))) // another of that name
	require.ErrorIs(t, j.Forget(context.Background(), over[:2]), errDisk)
	disk.fail(nil, nil)
	add(t, j, steps("c", 2)) // it has another generation than its mark by now, and is the same call
	require.NoError(t, j.Forget(context.Background(), over[2:]))
	_, found := start(t, disk)
	require.Equal(t, []Record{steps("b", 2)}, found)
}

// large makes a record of which not two can be owed.
func large(id string, n int) Record {
	r := steps(id, n)
	r.Entries[0].Frame.Conversation = string(make([]byte, maxOwed*2/3))
	return r
}

// What is owed is bounded: whole calls are lost, those that are owed most, and stay lost until they begin anew.
func TestTooMuchIsOwed(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("large", 1))
	disk.fail(errDisk, nil)
	owe(t, j, steps("small", 1))
	owe(t, j, large("large", 2))
	require.Len(t, j.book.owed, 2)
	err := j.Append(context.Background(), []Record{large("large", 3), steps("small", 2)})
	require.ErrorContains(t, err, "1 calls are given up, a restart would lose them")
	disk.fail(nil, nil)
	add(t, j, steps("large", 4), steps("small", 3))
	add(t, j, steps("large", 5))
	_, found := start(t, disk)
	require.Equal(t, []Record{steps("small", 1, 2, 3)}, found)
	add(t, j, opening(steps("large", 6)))
	add(t, j, steps("large", 7))
	_, found = start(t, disk)
	require.ElementsMatch(t, []Record{steps("small", 1, 2, 3), steps("large", 6, 7)}, found)
	require.Empty(t, j.book.lost)
}

// Calls that are lost are remembered no longer than the calls themselves.
func TestLostCallsAreForgotten(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	disk.fail(errDisk, nil)
	for n := range 10 {
		require.Error(t, j.Append(context.Background(), []Record{opening(large(strconv.Itoa(n), 1))}))
	}
	require.Len(t, j.book.owed, 1)
	require.Len(t, j.book.lost, 9)
	disk.fail(nil, nil)
	forget(t, j, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	require.Empty(t, j.book.lost)
	require.Empty(t, j.book.owed)
	require.Empty(t, disk.keys("slot/"))
}
