package rollupprocessor

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
)

// Neither is permanent: whoever sends keeps what it has.
var (
	errClosed  = errors.New("rollup: metrics arrived after shutdown and were not taken; send them again")
	errNotOpen = errors.New("rollup: metrics arrived before the storage was read and were not taken; send them again")
)

// books is where what comes is counted: in memory alone, or on disk as well.
type books interface {
	// take counts all points of md that do not pass; if it is mixed, there are some that do. After an error none is counted.
	take(ctx context.Context, md pmetric.Metrics, mixed bool) (report, error)
	// flush writes the next flush.
	flush(ctx context.Context, last bool) (written, error)
	// accept says that the next component took the last flush.
	accept(ctx context.Context)
	// refuse takes nothing from now on; what has begun to be taken is taken. It is false where that was so before.
	refuse() bool
	// close is for after the last flush.
	close(ctx context.Context) error
	fullness() fullness
}

// written is a flush. It is not ok when the clock does not allow one.
type written struct {
	series.Flush
	holds held
	ok    bool
}

// book is an intake and who has it.
type book struct {
	mu     sync.Mutex
	intake *intake
}

func (l *book) count(md pmetric.Metrics, at time.Time) report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.intake.take(md, at)
}

func (l *book) write(now func() time.Time, last bool) written {
	l.mu.Lock()
	defer l.mu.Unlock()
	flush, ok := l.intake.flush(now(), last)
	return written{Flush: flush, holds: l.intake.holds(), ok: ok}
}

func (l *book) accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.intake.store.Accepted()
}

func (l *book) fullness() fullness {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.intake.fullness()
}

// memory is books that are gone with the process. The clock is read under the lock, so that arrivals are in order.
type memory struct {
	book
	now    func() time.Time
	closed bool
}

func (m *memory) take(_ context.Context, md pmetric.Metrics, _ bool) (report, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return report{}, errClosed
	}
	return m.intake.take(md, m.now()), nil
}

func (m *memory) flush(_ context.Context, last bool) (written, error) {
	return m.write(m.now, last), nil
}

func (m *memory) accept(context.Context) { m.accepted() }

func (m *memory) refuse() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	first := !m.closed
	m.closed = true
	return first
}

func (m *memory) close(context.Context) error { return nil }

// unopened stands in for books on disk until they are open.
type unopened struct{ closed sync.Once }

func (u *unopened) take(context.Context, pmetric.Metrics, bool) (report, error) {
	return report{}, errNotOpen
}

func (u *unopened) flush(context.Context, bool) (written, error) { return written{ok: true}, nil }

func (u *unopened) accept(context.Context) {}

func (u *unopened) refuse() (first bool) {
	u.closed.Do(func() { first = true })
	return first
}

func (u *unopened) close(context.Context) error { return nil }

func (u *unopened) fullness() fullness { return fullness{} }
