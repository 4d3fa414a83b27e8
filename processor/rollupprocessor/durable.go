package rollupprocessor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/wal"
)

// durable is books that are on disk as well. What happens is written first and happens then, in the order in which it is
// written; so what cannot be written has not happened, and a restart comes to the same state. One goroutine, the writer, does
// both. All requests that wait are one write.
//
// Only a flush happens although it cannot be written, for what is to be sent was written before; it is owed, and comes first in
// the next write. That a flush was accepted is always written with what comes next.
type durable struct {
	book  // the writer's, but for looks
	log   *wal.Log
	now   func() time.Time
	watch *storageWatch
	queue queue
	owed  []byte // events that happened and are not written

	cancel context.CancelFunc // of a write under way
	done   chan struct{}      // closed when the writer has ended
	ended  error              // how; the writer's until done
}

// configure changes the settings for what comes. That is written with what comes, which is to happen again under the same.
func (d *durable) configure(cfg *Config) error {
	before, err := json.Marshal(d.intake.cfg)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(cfg)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, settings) {
		d.owed = appendWith(d.owed, configured, d.time(), settings)
	}
	d.intake.configure(cfg)
	return nil
}

// start starts the writer. It outlives the context of the component's Start.
func (d *durable) start() {
	ctx, cancel := context.WithCancel(context.Background())
	d.queue, d.cancel, d.done = newQueue(), cancel, make(chan struct{})
	go d.run(ctx)
}

func (d *durable) take(ctx context.Context, md pmetric.Metrics, mixed bool) (report, error) {
	j := newJob(requestTaken)
	j.md = md
	if mixed {
		j.md = d.intake.router.rolled(md)
	}
	var err error
	if j.wire, err = marshaler.MarshalMetrics(j.md); err != nil {
		return report{}, fmt.Errorf("rollup: the metrics cannot be written down: %w", err)
	}
	done, err := d.submit(ctx, j)
	return done.report, err
}

func (d *durable) flush(ctx context.Context, last bool) (written, error) {
	what := flushWritten
	if last {
		what = lastFlushed
	}
	done, err := d.submit(ctx, newJob(what))
	return done.written, err
}

// accept does not wait beyond ctx, but what has left was accepted all the same.
func (d *durable) accept(ctx context.Context) {
	j := newJob(flushAccepted)
	if d.queue.put(j) != nil {
		return
	}
	select {
	case <-j.done:
	case <-ctx.Done():
	}
}

func (d *durable) refuse() bool { return d.queue.refuse() }

// submit waits until a job has happened, or ctx ends.
func (d *durable) submit(ctx context.Context, j *job) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	if err := d.queue.put(j); err != nil {
		return answer{}, err
	}
	select {
	case done := <-j.done:
		return done, done.err
	case <-ctx.Done():
		return d.leave(ctx, j)
	}
}

// leave gives up on a job, unless it is just happening.
func (d *durable) leave(ctx context.Context, j *job) (answer, error) {
	if d.queue.withdraw(j) {
		return answer{}, fmt.Errorf("rollup: given up before the storage was written; send it again: %w", ctx.Err())
	}
	if j.claim() {
		return answer{}, fmt.Errorf("rollup: given up while the storage was written, it is open whether it was; send it again: %w", ctx.Err())
	}
	done := <-j.done
	return done, done.err
}

// close ends the writer after all that waits. When ctx ends first, a snapshot is not written to its end; a storage that hangs,
// or that knows no contexts, holds the writer alone.
func (d *durable) close(ctx context.Context) error {
	d.queue.close()
	defer context.AfterFunc(ctx, d.cancel)()
	select {
	case <-d.done:
		return d.ended
	case <-ctx.Done():
	}
	select {
	case <-d.done:
		return d.ended
	case <-time.After(closingGrace):
		return fmt.Errorf("rollup: the storage takes too long; what was acknowledged is there, the next start takes longer: %w", ctx.Err())
	}
}

// closingGrace is how long a writer that was told to end may take for what it is just doing.
const closingGrace = time.Second

// run is the writer. A page of a mapped file that cannot be read is an error of the storage and not the end of the process.
func (d *durable) run(ctx context.Context) {
	debug.SetPanicOnFault(true)
	defer close(d.done)
	defer d.cancel()
	for open := true; open; {
		_, open = <-d.queue.wake
		d.drain(ctx)
	}
	d.ended = d.finish(ctx)
}

// drain lets all happen that waits. A snapshot that is being written goes on between the groups, and after them.
func (d *durable) drain(ctx context.Context) {
	for {
		group := d.queue.take()
		d.commit(ctx, group)
		d.begin(ctx)
		if busy := d.step(ctx); !busy && len(group) == 0 {
			return
		}
	}
}

// commit writes a group and lets it happen.
func (d *durable) commit(ctx context.Context, group []*job) {
	if len(group) == 0 {
		return
	}
	err := d.keep(ctx, group)
	for _, j := range group {
		switch {
		case err == nil:
			d.happen(j)
		case j.what == requestTaken:
			j.done <- answer{err: err}
		default:
			d.owed = appendEvent(d.owed, j.what, j.at)
			d.happen(j)
		}
	}
}

// keep writes what is owed and the group, which gets its time. A group that needs not be written yet is an error that nobody
// sees.
func (d *durable) keep(ctx context.Context, group []*job) error {
	worthwhile := false
	for _, j := range group {
		j.at = d.time()
		worthwhile = worthwhile || j.what != flushAccepted
	}
	if !worthwhile {
		return errNotYet
	}
	err := d.append(ctx, group)
	d.watch.wrote(ctx, err)
	return err
}

var errNotYet = errors.New("it is written with what comes next")

// time is what the clock says, as it is written.
func (d *durable) time() time.Time { return time.Unix(0, d.now().UnixNano()).UTC() }

// append writes a record after all that is on disk; the first one comes after a snapshot of what was before it.
func (d *durable) append(ctx context.Context, group []*job) error {
	if d.log.Empty() {
		if err := d.found(ctx); err != nil {
			return err
		}
	}
	if err := d.log.Append(ctx, d.record(group)); err != nil {
		return refusal(err)
	}
	d.owed = nil
	return nil
}

func (d *durable) record(group []*job) []byte {
	size := wal.SealSize + len(d.owed)
	for _, j := range group {
		size += len(j.wire) + 2*eventSize
	}
	record := append(make([]byte, wal.SealSize, size), d.owed...)
	for _, j := range group {
		if j.what == requestTaken {
			record = appendWith(record, requestTaken, j.at, j.wire)
		} else {
			record = appendEvent(record, j.what, j.at)
		}
	}
	return record
}

func refusal(err error) error {
	return fmt.Errorf("rollup: the storage does not take what it is to keep, see whether it is full or read-only; send it again: %w", err)
}

// happen is for what has been written, or is owed.
func (d *durable) happen(j *job) {
	switch j.what {
	case requestTaken:
		j.done <- answer{report: d.happened(j)}
	case flushWritten, lastFlushed:
		d.log.Burden(d.intake.flushBurden())
		flush := d.write(func() time.Time { return j.at }, j.what == lastFlushed)
		flush.holds.stored = d.log.Size()
		j.done <- answer{written: flush}
	case flushAccepted:
		d.accepted()
		j.done <- answer{}
	}
}

// happened counts a request. Where nobody waits for it any more, its metrics are read from what was written.
func (d *durable) happened(j *job) report {
	if j.claim() {
		return d.count(j.md, j.at)
	}
	md, err := unmarshaler.UnmarshalMetrics(j.wire)
	if err != nil {
		return report{} // it was marshaled just now
	}
	done := d.count(md, j.at)
	d.watch.counted(&done)
	return done
}
