package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// page is what a request adds to one call: an encoded record with room for its seal.
type page struct {
	call  call.Key
	opens bool
	value []byte
}

// request is either pages to write or calls to forget.
type request struct {
	pages  []page
	forget []call.Gone
	done   chan error // of one, so that the writer never waits for somebody who has left
}

// queue is what waits for the writer. Everything that waits is written at once: the longer a write takes, the more the next
// one carries, without anybody waiting for company.
type queue struct {
	wake chan struct{} // a token in it says that something waits; it is closed with the queue

	mu      sync.Mutex
	waiting []*request
	shut    error // why nothing is taken; nil while the queue is open
}

func newQueue() queue {
	return queue{wake: make(chan struct{}, 1), shut: ErrNotRestored}
}

// unopened says that Restore may still be.
func (q *queue) unopened() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return errors.Is(q.shut, ErrNotRestored)
}

func (q *queue) open() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if errors.Is(q.shut, ErrNotRestored) {
		q.shut = nil
	}
}

func (q *queue) put(r *request) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut != nil {
		return q.shut
	}
	q.waiting = append(q.waiting, r)
	select {
	case q.wake <- struct{}{}:
	default: // the writer has been called and has not come yet
	}
	return nil
}

// take returns the first requests of one kind: forgetting a call and appending to it keep their order.
func (q *queue) take() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.waiting) && (q.waiting[n].forget == nil) == (q.waiting[0].forget == nil) {
		n++
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return group
}

// withdraw takes a request back. It is false where the writer has it.
func (q *queue) withdraw(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, r)
	if at < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, at, at+1)
	return true
}

// close lets nothing more in. What waits is still written.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shut = ErrClosed
	close(q.wake)
}

// submit waits until the writer has dealt with a request, or ctx ends.
func (j *Journal) submit(ctx context.Context, r *request) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.done = make(chan error, 1)
	if err := j.queue.put(r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return j.leave(ctx, r)
	}
}

// leave gives up on a request.
func (j *Journal) leave(ctx context.Context, r *request) error {
	if j.queue.withdraw(r) {
		return fmt.Errorf("given up before the journal was written: %w", ctx.Err())
	}
	select {
	case err := <-r.done:
		return err
	default:
		return fmt.Errorf("given up while the journal was written, it is open whether it was: %w", ctx.Err())
	}
}

// write is the writer: the only one who changes the storage and the book once the queue is open.
func (j *Journal) write(ctx context.Context) {
	defer close(j.done)
	defer j.cancel()
	for range j.queue.wake {
		j.drain(ctx)
	}
	j.drain(ctx)
	j.repay(ctx)
	if err := j.client.Close(context.WithoutCancel(ctx)); err != nil {
		j.closed = fmt.Errorf("closing the storage of the journal: %w", err)
	}
}

func (j *Journal) drain(ctx context.Context) {
	for group := j.queue.take(); len(group) > 0; group = j.queue.take() {
		err := j.commit(ctx, group)
		for _, r := range group {
			r.done <- err
		}
	}
}

// commit writes a group. What is left of forgotten calls goes first in every write, so that a slot is clean before it gets
// its next call. Forgetting waits for nothing that is owed: it makes room for that.
func (j *Journal) commit(ctx context.Context, group []*request) error {
	forgets := false
	for _, r := range group {
		forgets = forgets || len(r.forget) > 0
		j.book.forget(r.forget)
		j.book.makeRoom(r.pages)
	}
	if forgets {
		if err := j.put(ctx, draft{}); err != nil {
			return err
		}
	}
	if err := j.put(ctx, j.book.draft(group)); err != nil {
		return err
	}
	j.repay(ctx)
	return nil
}

// repay writes what is owed, where the storage works again or nothing more comes. Whoever appended it has been told already that
// it was not written; what still is not stays owed.
func (j *Journal) repay(ctx context.Context) {
	if len(j.book.owed) > 0 {
		_ = j.put(ctx, j.book.repayment())
	}
}

func (j *Journal) put(ctx context.Context, d draft) error {
	j.newest.Store(j.book.generation)
	ops := append(j.book.sweep(), d.operations()...)
	if len(ops) == 0 {
		return nil
	}
	err := j.client.Batch(ctx, ops...)
	if err == nil {
		j.book.keep(d)
		return nil
	}
	if lost := j.book.discard(d); lost > 0 {
		err = fmt.Errorf("%w (more is waiting than is held in memory: %d calls are given up, a restart would lose them)", err, lost)
	}
	return fmt.Errorf("the journal of open calls was not written, see whether its storage is full or read-only: %w", err)
}
