package journal

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func key(id string) call.Key { return call.Key{Tenant: "acme", ID: id} }

// steps makes a record of a call with a frame for each id.
func steps(id string, frames ...int) Record {
	r := Record{Call: key(id)}
	for _, n := range frames {
		f := &frame.Frame{Tenant: "acme", CallID: id, ID: frame.ID(n)}
		r.Entries = append(r.Entries, Entry{Frame: f, Arrival: noon.Add(time.Duration(n) * time.Second)})
	}
	return r
}

func add(t testing.TB, j *Journal, records ...Record) {
	t.Helper()
	require.NoError(t, j.Append(context.Background(), records))
}

// gone are calls that are dropped now.
func gone(j *Journal, ids ...string) []call.Gone {
	calls := make([]call.Gone, 0, len(ids))
	for _, id := range ids {
		calls = append(calls, call.Gone{Key: key(id), Mark: j.Mark()})
	}
	return calls
}

func opening(r Record) Record {
	r.Opens = true
	return r
}

func forget(t testing.TB, j *Journal, ids ...string) {
	t.Helper()
	require.NoError(t, j.Forget(context.Background(), gone(j, ids...)))
}

func TestCallsSurviveARestart(t *testing.T) {
	disk := newMemory()
	j, found := start(t, disk)
	require.Empty(t, found)
	add(t, j, steps("a", 1, 2), steps("b", 3))
	add(t, j, steps("a", 4))
	idle := Record{Call: key("b"), Entries: []Entry{{Arrival: noon}}}
	add(t, j, idle)

	j, found = start(t, disk)
	ended := steps("b", 3)
	ended.Entries = append(ended.Entries, idle.Entries...)
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 4), ended}, found)

	add(t, j, steps("a", 5))
	_, found = start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1, 2, 4, 5), ended}, found)
}

func TestTheSameIDOfTwoTenantsIsTwoCalls(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	other := Record{Call: call.Key{Tenant: "other", ID: "a"}, Entries: []Entry{{Arrival: noon}}}
	add(t, j, steps("a", 1), other)
	_, found := start(t, disk)
	require.ElementsMatch(t, []Record{steps("a", 1), other}, found)
}

func TestKeysOnDisk(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	add(t, j, steps("a", 2))
	add(t, j, steps("b", 1))
	require.Equal(t, []string{
		"head", "slot/00000000", "slot/00000000/00000000", "slot/00000000/00000001", "slot/00000001", "slot/00000001/00000000",
	}, disk.keys(""))
}

func TestNothingToAppendOrForgetIsNotWritten(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	before := disk.batches
	add(t, j)
	add(t, j, Record{Call: key("a")})
	forget(t, j)
	forget(t, j, "unknown")
	require.Equal(t, before, disk.batches)
}

func TestForgottenCallsLeaveNothing(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	var ids []string
	for i := range 3 * forgetAtOnce {
		ids = append(ids, strconv.Itoa(i))
		add(t, j, steps(ids[i], 1))
		add(t, j, steps(ids[i], 2))
	}
	before := disk.batches
	forget(t, j, ids...)
	require.Equal(t, 3, disk.batches-before)
	require.Equal(t, []string{"head"}, disk.keys(""))
	_, found := start(t, disk)
	require.Empty(t, found)
}

func TestSlotsAreReusedLowestFirst(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	add(t, j, steps("b", 1))
	add(t, j, steps("c", 1))
	forget(t, j, "b", "a")
	add(t, j, steps("d", 1))
	require.Equal(t, []string{
		"slot/00000000", "slot/00000000/00000000", "slot/00000002", "slot/00000002/00000000",
	}, disk.keys("slot/"))

	j, _ = start(t, disk) // also after a restart
	add(t, j, steps("e", 1))
	add(t, j, steps("f", 1))
	require.Len(t, disk.keys("slot/00000001"), 2)
	require.Len(t, disk.keys("slot/00000003"), 2)
	forget(t, j, "c", "d", "e", "f")

	j, _ = start(t, disk)
	add(t, j, steps("g", 1))
	require.Equal(t, []string{"slot/00000000", "slot/00000000/00000000"}, disk.keys("slot/"))
}

func TestAnIDThatComesBackIsAnotherCall(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	add(t, j, steps("a", 2))
	forget(t, j, "a")
	add(t, j, steps("a", 3))
	_, found := start(t, disk)
	require.Equal(t, []Record{steps("a", 3)}, found)
}

// A table may know an id again before anybody has said that the call before it is gone.
func TestAnIDThatOpensAgainIsAnotherCall(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	add(t, j, steps("a", 2))
	before := gone(j, "a")
	add(t, j, opening(steps("a", 3)))
	add(t, j, steps("a", 4))
	require.NoError(t, j.Forget(context.Background(), before), "the one before")
	require.Len(t, disk.keys("slot/"), 3)
	j, found := start(t, disk)
	require.Equal(t, []Record{steps("a", 3, 4)}, found)
	forget(t, j, "a")
	require.Empty(t, disk.keys("slot/"))
}

func TestAnOpeningThatFailsLeavesNothingOfTheCallBefore(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	disk.fail(errDisk, nil)
	require.ErrorIs(t, j.Append(context.Background(), []Record{opening(steps("a", 2))}), errDisk)
	disk.fail(nil, nil)
	add(t, j, steps("a", 3))
	_, found := start(t, disk)
	require.Equal(t, []Record{steps("a", 2, 3)}, found)
}

func TestAnOpeningInTheWriteOfTheCallBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		add(t, j, steps("a", 1))
		disk.gate = make(chan struct{})
		answers := make(chan error, 4)
		for _, r := range []Record{steps("b", 1), steps("a", 2), opening(steps("a", 3)), steps("a", 4)} {
			go func() { answers <- j.Append(context.Background(), []Record{r}) }()
			synctest.Wait()
		}
		close(disk.gate)
		for range 4 {
			require.NoError(t, <-answers)
		}
		_, found := start(t, disk)
		require.ElementsMatch(t, []Record{steps("b", 1), steps("a", 3, 4)}, found)
	})
}

// What is restored and has no room is dropped while Restore goes on.
func TestMarkDuringRestore(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1), steps("b", 1))
	j, err := Open(context.Background(), disk)
	require.NoError(t, err)
	var unwanted []call.Gone
	require.NoError(t, j.Restore(context.Background(), func(r Record) {
		unwanted = append(unwanted, call.Gone{Key: r.Call, Mark: j.Mark()})
	}))
	require.NoError(t, j.Forget(context.Background(), unwanted))
	require.Empty(t, disk.keys("slot/"))
	require.NoError(t, j.Close(context.Background()))
}

// TestRecordsOfAnEarlierCallAreNotRead lets a storage without transactions leave the records of a forgotten call behind.
func TestRecordsOfAnEarlierCallAreNotRead(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	add(t, j, steps("a", 2))
	add(t, j, steps("a", 3))
	left := map[string][]byte{}
	for _, k := range disk.keys("slot/00000000/") {
		left[k] = disk.values[k]
	}
	forget(t, j, "a")
	for k, value := range left {
		disk.values[k] = value
	}
	add(t, j, steps("b", 4))
	j, found := start(t, disk)
	require.Equal(t, []Record{steps("b", 4)}, found)
	add(t, j, steps("b", 5))
	_, found = start(t, disk)
	require.Equal(t, []Record{steps("b", 4, 5)}, found)
}

func TestAFailedWriteLeavesNoHole(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after error
	}{
		{name: "nothing done", before: errDisk},
		{name: "only the answer lost", after: errDisk},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := newMemory()
			j, _ := start(t, disk)
			add(t, j, steps("a", 1))
			disk.fail(c.before, c.after)
			require.ErrorIs(t, j.Append(context.Background(), []Record{steps("a", 2), steps("b", 2)}), errDisk)
			disk.fail(nil, nil)
			add(t, j, steps("a", 3))
			add(t, j, steps("c", 3))
			require.Equal(t, []string{
				"slot/00000000", "slot/00000000/00000000", "slot/00000000/00000001", "slot/00000001", "slot/00000001/00000000",
				"slot/00000002", "slot/00000002/00000000",
			}, disk.keys("slot/"))
			_, found := start(t, disk)
			require.ElementsMatch(t, []Record{steps("a", 1, 2, 3), steps("b", 2), steps("c", 3)}, found)
		})
	}
}

func TestAFailedNewCallIsSweptWhenItsSlotStaysEmpty(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	disk.fail(nil, errDisk)
	require.Error(t, j.Append(context.Background(), []Record{steps("b", 2)}))
	require.Len(t, disk.keys("slot/00000001"), 2)
	require.Error(t, j.Forget(context.Background(), gone(j, "b")))
	disk.fail(nil, nil)
	add(t, j, steps("a", 3))
	require.Empty(t, disk.keys("slot/00000001"))
}

func TestRetriesOfNewCallsDuringAnOutageUseNoMoreSlots(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	disk.fail(errDisk, nil)
	for range 100 {
		require.Error(t, j.Append(context.Background(), []Record{steps("a", 1)}))
	}
	disk.fail(nil, nil)
	add(t, j, steps("a", 1))
	require.Equal(t, []string{"slot/00000000", "slot/00000000/00000000"}, disk.keys("slot/"))
}

func TestForgettingThatFailsIsMadeUpForByTheNextWrite(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	add(t, j, steps("a", 2))
	disk.fail(errDisk, nil)
	require.ErrorIs(t, j.Forget(context.Background(), gone(j, "a")), errDisk)
	disk.fail(nil, nil)
	add(t, j, steps("a", 3))
	require.Equal(t, []string{"slot/00000000", "slot/00000000/00000000"}, disk.keys("slot/"))
	_, found := start(t, disk)
	require.Equal(t, []Record{steps("a", 3)}, found)
}

// TestConcurrentAppendsShareAWrite holds the first write until the others wait.
func TestConcurrentAppendsShareAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		before := disk.batches
		disk.gate = make(chan struct{})
		answers := make(chan error, 10)
		for i := range 10 {
			go func() { answers <- j.Append(context.Background(), []Record{steps("a", i)}) }()
			synctest.Wait()
		}
		close(disk.gate)
		for range 10 {
			require.NoError(t, <-answers)
		}
		require.Equal(t, 2, disk.batches-before)
		_, found := start(t, disk)
		require.Equal(t, []Record{steps("a", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}, found)
	})
}

func TestTheErrorOfAWriteGoesToAllThatShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		disk.gate = make(chan struct{})
		answers := make(chan error, 3)
		for i := range 3 {
			go func() { answers <- j.Append(context.Background(), []Record{steps(strconv.Itoa(i), i)}) }()
			synctest.Wait()
		}
		disk.gate <- struct{}{} // the first on its own
		require.NoError(t, <-answers)
		disk.fail(errDisk, nil)
		close(disk.gate)
		require.ErrorIs(t, <-answers, errDisk)
		require.ErrorIs(t, <-answers, errDisk)
		disk.fail(nil, nil)
		add(t, j, steps("3", 3))
		_, found := start(t, disk)
		require.Len(t, found, 4)
	})
}

func TestForgetKeepsItsPlaceBetweenAppends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		disk.gate = make(chan struct{})
		answers := make(chan error, 3)
		for _, act := range []func() error{
			func() error { return j.Append(context.Background(), []Record{steps("a", 1)}) },
			func() error { return j.Append(context.Background(), []Record{steps("a", 2)}) },
			func() error { return j.Forget(context.Background(), gone(j, "a")) },
			func() error { return j.Append(context.Background(), []Record{steps("a", 3)}) },
		} {
			go func() { answers <- act() }()
			synctest.Wait()
		}
		close(disk.gate)
		for range 4 {
			require.NoError(t, <-answers)
		}
		_, found := start(t, disk)
		require.Equal(t, []Record{steps("a", 3)}, found)
	})
}

func TestAnAppendThatIsGivenUpTakesNobodyWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		disk.gate = make(chan struct{})
		ctx, cancel := context.WithCancel(context.Background())
		written, waiting, patient := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() { written <- j.Append(ctx, []Record{steps("a", 1)}) }()
		synctest.Wait() // it is being written
		go func() { waiting <- j.Append(ctx, []Record{steps("b", 1)}) }()
		go func() { patient <- j.Append(context.Background(), []Record{steps("c", 1)}) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-written, context.Canceled)
		require.ErrorIs(t, <-waiting, context.Canceled)
		close(disk.gate)
		require.NoError(t, <-patient)
		_, found := start(t, disk)
		require.ElementsMatch(t, []Record{steps("a", 1), steps("c", 1)}, found, "b was not begun")
		require.ErrorIs(t, j.Append(ctx, []Record{steps("d", 1)}), context.Canceled)
		require.ErrorIs(t, j.Forget(ctx, gone(j, "a")), context.Canceled)
	})
}

func TestCloseWritesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		disk.gate = make(chan struct{})
		answers := make(chan error, 2)
		for i := range 2 {
			go func() { answers <- j.Append(context.Background(), []Record{steps("a", i)}) }()
			synctest.Wait()
		}
		closed := make(chan error)
		go func() { closed <- j.Close(context.Background()) }()
		synctest.Wait()
		require.ErrorIs(t, j.Append(context.Background(), []Record{steps("a", 9)}), ErrClosed)
		close(disk.gate)
		require.NoError(t, <-closed)
		require.NoError(t, <-answers)
		require.NoError(t, <-answers)
		require.Equal(t, 1, disk.closed)
		require.NoError(t, j.Close(context.Background()))
		require.Equal(t, 1, disk.closed)
		require.ErrorIs(t, j.Forget(context.Background(), gone(j, "a")), ErrClosed)
		_, err := restore(j)
		require.ErrorIs(t, err, ErrRestored)
		_, found := start(t, disk)
		require.Equal(t, []Record{steps("a", 0, 1)}, found)
	})
}

func TestCloseThatIsOutOfTimeGivesUpTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		disk.gate = make(chan struct{})
		answer := make(chan error, 1)
		go func() { answer <- j.Append(context.Background(), []Record{steps("a", 1)}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		require.ErrorIs(t, j.Close(ctx), context.DeadlineExceeded)
		require.ErrorIs(t, <-answer, context.Canceled)
		synctest.Wait()
		require.Equal(t, 1, disk.closed)
	})
}

func TestCloseDoesNotWaitForADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := newMemory()
		j, _ := start(t, disk)
		disk.gate, disk.deaf = make(chan struct{}), true
		answer := make(chan error, 1)
		go func() { answer <- j.Append(context.Background(), []Record{steps("a", 1)}) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, j.Close(ctx), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		require.Zero(t, disk.closed, "not under a write")
		close(disk.gate)
		require.NoError(t, <-answer)
		synctest.Wait()
		require.Equal(t, 1, disk.closed)
	})
}

func TestAJournalIsRestoredFirstAndOnce(t *testing.T) {
	j, err := Open(context.Background(), newMemory())
	require.NoError(t, err)
	require.ErrorIs(t, j.Append(context.Background(), []Record{steps("a", 1)}), ErrNotRestored)
	_, err = restore(j)
	require.NoError(t, err)
	_, err = restore(j)
	require.ErrorIs(t, err, ErrRestored)
	require.NoError(t, j.Close(context.Background()))
}

func TestStorageThatCannotBeRead(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	j, err := Open(context.Background(), disk)
	require.NoError(t, err)
	disk.fail(errDisk, nil)
	_, err = Open(context.Background(), disk)
	require.ErrorIs(t, err, errDisk)
	_, err = restore(j)
	require.ErrorIs(t, err, errDisk)
	require.ErrorIs(t, j.Append(context.Background(), []Record{steps("a", 1)}), ErrNotRestored)
	disk.fail(nil, nil)
	found, err := restore(j)
	require.NoError(t, err, "it may be tried again")
	require.Equal(t, []Record{steps("a", 1)}, found)
	require.NoError(t, j.Close(context.Background()))
}

func TestRestoreHonoursItsContext(t *testing.T) {
	j, err := Open(context.Background(), newMemory())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, j.Restore(ctx, func(Record) {}), context.Canceled)
	require.NoError(t, j.Close(context.Background()))
}

func TestAStorageThatKeepsNothing(t *testing.T) {
	j, found := start(t, storage.NewNopClient())
	require.Empty(t, found)
	add(t, j, steps("a", 1))
	forget(t, j, "a")
}

// TestManySlotsAndLongCalls crosses every bound of what is read at once.
func TestManySlotsAndLongCalls(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	want := map[string]int{}
	for i := range 2*headersAtOnce + 3 {
		id := fmt.Sprintf("call %d", i)
		want[id] = 1
		add(t, j, steps(id, 0))
	}
	for _, length := range []int{2, 16, 17, 18, 272, 273, 274, 500} {
		id := fmt.Sprintf("call %d", length)
		for n := 1; n < length; n++ {
			add(t, j, steps(id, n))
		}
		want[id] = length
	}
	_, found := start(t, disk)
	require.Len(t, found, len(want))
	for _, r := range found {
		require.Len(t, r.Entries, want[r.Call.ID])
		for n, entry := range r.Entries {
			require.Equal(t, frame.ID(n), entry.Frame.ID)
		}
	}
}

// TestCallsThatAreTooLargeToReadSideBySide has more in one record than may be held of all.
func TestCallsThatAreTooLargeToReadSideBySide(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	huge := steps("huge", 1)
	huge.Entries[0].Frame.Conversation = string(make([]byte, plenty+1))
	add(t, j, huge)
	add(t, j, steps("a", 1))
	add(t, j, steps("huge", 2))
	add(t, j, steps("a", 2))
	_, found := start(t, disk)
	require.Len(t, found, 2)
	require.Len(t, found[0].Entries, 2)
	require.Equal(t, steps("a", 1, 2), found[1])
}
