package keep

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
	"github.com/otelcol-voice/otelcol-voice/internal/keep/keeptest"
)

var errDisk = errors.New("no space left on device")

// notebook is a journal that is read by the test.
type notebook struct {
	Journal
	err     error
	records []journal.Record
	gone    []call.Gone
}

func (n *notebook) Append(_ context.Context, records []journal.Record) error {
	n.records = append(n.records, records...)
	return n.err
}

func (n *notebook) Forget(_ context.Context, calls []call.Gone) error {
	n.gone = append(n.gone, calls...)
	return n.err
}

func entry(n int) journal.Entry {
	return journal.Entry{Arrival: noon.Add(time.Duration(n) * time.Second)}
}

// The steps of one call stay together and in order, whatever is between them, and each write has its own.
func TestWhatIsWritten(t *testing.T) {
	var kept notebook
	k := New(&kept, Settings{})
	steps := k.Steps()
	steps.Add(key("a"), entry(1))
	steps.Add(key("b"), entry(2))
	steps.Add(key("a"), entry(3))
	steps.Facts([]call.Fact{{Call: key("a"), Kind: call.Lasted}, {Call: key("b"), Kind: call.Opened}, {Call: key("c"), Kind: call.Opened}})
	k.Append(context.Background(), steps)
	k.End(context.Background(), key("a"), noon)
	k.Append(context.Background(), k.Steps())
	k.Append(context.Background(), nil)
	assert.Equal(t, []journal.Record{
		{Call: key("a"), Entries: []journal.Entry{entry(1), entry(3)}},
		{Call: key("b"), Opens: true, Entries: []journal.Entry{entry(2)}},
		{Call: key("a"), Entries: []journal.Entry{entry(0)}},
	}, kept.records)

	k.Forget(context.Background(), nil)
	assert.Empty(t, kept.gone)
	gone := []call.Gone{{Key: key("a"), Mark: 1}, {Key: key("b"), Mark: 2}}
	k.Forget(context.Background(), gone)
	assert.Equal(t, gone, kept.gone)
}

// A call that is forgotten is off the disk, with its end; one that has come under its name since is not.
func TestForgettingKeepsItsPlace(t *testing.T) {
	l := begin(t, keeptest.NewDisk())
	l.take(t, "c1", frame.CallStarted)
	l.keeper.End(context.Background(), key("c1"), noon)
	assert.Zero(t, open(l.crash(t).calls))
	gone := []call.Gone{{Key: key("c1"), Mark: l.keeper.Mark()}}
	l.keeper.Forget(context.Background(), gone)
	assert.Equal(t, 1, l.disk.Keys(), "the head")

	again := l.crash(t)
	again.take(t, "c1", frame.CallStarted)
	again.keeper.Forget(context.Background(), gone)
	assert.Equal(t, 1, open(again.crash(t).calls))
}

func TestNobodyKeeps(t *testing.T) {
	var k *Keeper
	steps := k.Steps()
	assert.Nil(t, steps)
	steps.Add(key("a"), entry(1))
	steps.Facts([]call.Fact{{Call: key("a"), Kind: call.Opened}})
	k.Append(context.Background(), steps)
	k.End(context.Background(), key("a"), noon)
	k.Forget(context.Background(), []call.Gone{{Key: key("a")}})
	assert.Zero(t, k.Mark())
	assert.NoError(t, k.Close(context.Background()))
}

// faulty is a journal of which the first write fails.
type faulty struct {
	Journal
	writes atomic.Int64
}

func (f *faulty) Append(context.Context, []journal.Record) error {
	if f.writes.Add(1) == 1 {
		return errDisk
	}
	return nil
}

// What was told last is what holds, also where a write succeeds while it is being told that one has failed.
func TestTheStateIsToldInOrder(t *testing.T) {
	var mu sync.Mutex
	var told []componentstatus.Status
	var next sync.WaitGroup
	var over atomic.Bool
	var failed counter
	var k *Keeper
	k = New(&faulty{}, Settings{Logger: zap.NewNop(), Errors: &failed, Report: func(event *componentstatus.Event) {
		if event.Status() == componentstatus.StatusRecoverableError {
			next.Go(func() {
				defer over.Store(true)
				k.End(context.Background(), key("b"), noon)
			})
			for range 1000 { // time enough for it to be told first, if it can be
				if over.Load() {
					break
				}
				runtime.Gosched()
			}
		}
		mu.Lock()
		defer mu.Unlock()
		told = append(told, event.Status())
	}})
	k.End(context.Background(), key("a"), noon)
	next.Wait()
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, told)
	assert.EqualValues(t, 1, failed.n.Load())
}

// Whatever is under way when a component stops is no fault of the disk: neither a write that is given up, nor one that comes too late.
func TestAStopIsNoFaultOfTheDisk(t *testing.T) {
	l := begin(t, keeptest.NewDisk())
	l.take(t, "c1", frame.CallEnded)
	gone := []call.Gone{{Key: key("c1"), Mark: l.keeper.Mark()}}

	stopped, stop := context.WithCancel(context.Background())
	stop()
	l.keeper.Forget(stopped, gone)

	lifetime, stop := context.WithCancel(context.Background())
	hanging := l.disk.Hang()
	var running sync.WaitGroup
	running.Go(func() { l.keeper.Forget(lifetime, gone) })
	<-hanging
	running.Go(func() { l.keeper.End(context.Background(), key("c2"), noon) })
	stop()
	require.ErrorIs(t, l.keeper.Close(stopped), context.Canceled)
	running.Wait()
	l.keeper.End(context.Background(), key("c1"), noon)
	l.keeper.Forget(context.Background(), gone)

	assert.Zero(t, l.errors.n.Load())
	assert.Empty(t, l.host.Events())
}

// What stays a fault: a disk that is full, said once, and that it is not any more.
func TestAFullDisk(t *testing.T) {
	l := begin(t, keeptest.NewDisk())
	l.disk.Fill(errDisk)
	l.take(t, "c1", frame.CallStarted)
	l.take(t, "c2", frame.CallStarted)
	assert.EqualValues(t, 2, l.errors.n.Load())
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError}, l.host.Events())

	stopped, stop := context.WithCancel(context.Background())
	stop()
	l.keeper.Forget(stopped, []call.Gone{{Key: key("c3")}})
	assert.Len(t, l.host.Events(), 1, "what was given up tells nothing of the disk")

	l.disk.Fill(nil)
	l.take(t, "c1", frame.CallEnded)
	assert.EqualValues(t, 2, l.errors.n.Load())
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, l.host.Events())
	assert.Equal(t, 1, open(l.crash(t).calls))
}
