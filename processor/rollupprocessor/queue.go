package rollupprocessor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// job is something that waits to happen: a request with its metrics, or a flush.
type job struct {
	what event
	md   pmetric.Metrics
	wire []byte    // md, as it is written
	at   time.Time // when it happens
	left atomic.Bool
	done chan answer // of one, so that nobody waits for somebody who has left
}

type answer struct {
	report  report
	written written
	err     error
}

func newJob(what event) *job { return &job{what: what, done: make(chan answer, 1)} }

// claim decides who has the metrics of a job: whoever waits for it and gives up may do with them what he likes. It is true
// for the first who asks.
func (j *job) claim() bool { return j.left.CompareAndSwap(false, true) }

// maxGroup is about how many bytes of requests one write takes.
const maxGroup = 8 << 20

// queue is what waits for the writer. Everything that waits is written at once: the longer a write takes, the more the next one
// carries, without anybody waiting for company.
type queue struct {
	wake chan struct{} // a token in it says that something waits; it is closed with the queue

	mu      sync.Mutex
	waiting []*job
	refuses bool // requests
	closed  bool
}

func newQueue() queue { return queue{wake: make(chan struct{}, 1)} }

func (q *queue) put(j *job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.refuses && j.what == requestTaken {
		return errClosed
	}
	q.waiting = append(q.waiting, j)
	select {
	case q.wake <- struct{}{}:
	default: // the writer has been called and has not come yet
	}
	return nil
}

// take returns what comes next, in the order in which it came.
func (q *queue) take() []*job {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.waiting) && (n == 0 || size+len(q.waiting[n].wire) <= maxGroup) {
		size += len(q.waiting[n].wire)
		n++
	}
	group := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	return group
}

// withdraw takes a job back. It is false where the writer has it.
func (q *queue) withdraw(j *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := slices.Index(q.waiting, j)
	if at < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, at, at+1)
	return true
}

// refuse lets no more requests in. It is false where that was so before.
func (q *queue) refuse() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := !q.refuses
	q.refuses = true
	return first
}

// close lets nothing more in. What waits still happens.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.wake)
	}
}
