// Package journal keeps on disk what is needed to go on with calls after a restart: the frames of each call, as they were
// applied. Whoever replays them has the call again.
//
// The storage has keys but cannot list them, so calls live in numbered slots:
//
//	head                      how many slots there are, the last generation
//	slot/0000002a             the call of slot 42 and its generation
//	slot/0000002a/00000003    its fourth record: all that one write added to it
//	damaged/…                 what could not be read, as it was
//
// A slot that is given up goes to another call. The generation, which never repeats, tells a call's records from those of a
// call before it, whatever a write that failed half-way left behind.
package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Entry is one step in a call's life: a frame that was applied, or, without a frame, its end by idle time-out.
type Entry struct {
	Frame   *frame.Frame
	Arrival time.Time
	// Note is what whoever keeps the step wants to know of it again, in few and short words.
	Note string
}

// Record is what one request did to one call. Its frames are about that call; their faults are not kept.
type Record struct {
	Call    call.Key
	Opens   bool // the call begins with it: what the journal has of a call of that name is another's, and dropped
	Entries []Entry
}

// Errors of a journal that is used out of turn.
var (
	ErrNotRestored = errors.New("the journal was not restored: its Restore comes before the first Append or Forget")
	ErrRestored    = errors.New("the journal was restored or closed before")
	ErrClosed      = errors.New("the journal is closed")
	errForeign     = errors.New("a frame of another call is in the record")
)

// Journal is safe for concurrent use.
type Journal struct {
	client  storage.Client
	queue   queue
	book    book          // Restore's until the queue opens, then the writer's
	damaged Damaged       // what Open found
	newest  atomic.Uint64 // the last generation that was given

	cancel  context.CancelFunc // of a write under way
	done    chan struct{}      // closed when the writer has ended
	closed  error              // of closing the client; the writer's until done
	closing sync.Once
}

// Open makes a journal on a client that nobody else uses. The journal closes it; where Open fails, the caller has to. Restore
// comes next.
func Open(ctx context.Context, client storage.Client) (*Journal, error) {
	j := &Journal{client: client, queue: newQueue(), done: make(chan struct{})}
	j.newest.Store(math.MaxUint64) // until Restore is over: whatever it finds is there already
	if err := j.readHead(ctx); err != nil {
		return nil, err
	}
	// Writes outlive whoever asked for them: they are of many.
	writing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	j.cancel = cancel
	go j.write(writing)
	return j, nil
}

// Append returns when the records are with the storage. Concurrent calls share a write, and its error: then their records are
// held in memory, and written before those of the next write; none should be appended again. A call that is not known is a new
// one. Where more would be held than 16 MiB, whole calls are dropped, with what the storage has of them.
//
// Where ctx ends before the write has begun, nothing is written. Where it ends during the write, the records may turn up at
// the next Restore although the caller was told that they are not kept.
func (j *Journal) Append(ctx context.Context, records []Record) error {
	pages := make([]page, 0, len(records))
	for i := range records {
		if len(records[i].Entries) == 0 {
			continue
		}
		value, err := encodeRecord(&records[i])
		if err != nil {
			return err
		}
		pages = append(pages, page{call: records[i].Call, opens: records[i].Opens, value: value})
	}
	if len(pages) == 0 {
		return nil
	}
	return j.submit(ctx, &request{pages: pages})
}

// forgetAtOnce is how many calls one write forgets, so that appends do not wait long behind it.
const forgetAtOnce = 16

// Mark tells the calls that are in the journal from those that come later, of whatever name: see Forget.
func (j *Journal) Mark() uint64 { return j.newest.Load() }

// Forget drops calls with all their records; one that came into the journal after its Mark is another call of that name, and
// stays. What is not known is forgotten already. After an error of the storage the calls are forgotten all the same, and taken
// off the disk by the next write.
func (j *Journal) Forget(ctx context.Context, calls []call.Gone) error {
	var first error
	for some := range slices.Chunk(calls, forgetAtOnce) {
		err := j.submit(ctx, &request{forget: some})
		if ctx.Err() != nil {
			return err
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// Close ends the journal after what has been appended; its writer closes the client. When ctx ends first, it cancels the write
// under way and waits no longer: a storage that hangs, or that knows no contexts, holds the writer alone. Closing again does
// nothing.
func (j *Journal) Close(ctx context.Context) error {
	var err error
	j.closing.Do(func() { err = j.close(ctx) })
	return err
}

func (j *Journal) close(ctx context.Context) error {
	j.queue.close()
	defer context.AfterFunc(ctx, j.cancel)()
	select {
	case <-j.done:
		return j.closed
	case <-ctx.Done():
		return fmt.Errorf("the storage of the journal takes too long, what was being written may be lost: %w", ctx.Err())
	}
}
