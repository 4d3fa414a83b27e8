package catalogue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Settings are what a catalogue is made of.
type Settings struct {
	// Embedded is the layer below all others.
	Embedded pricing.Layer
	// BuiltIn is the book of that layer alone.
	BuiltIn *pricing.Book
	// Files are price files, each a layer over the one before.
	Files []File
	// URL is an address that answers with one more, below them, or nil.
	URL *URL
	// Overrides are rows over all of these.
	Overrides []pricing.Row
	// Account has the plans and discounts.
	Account pricing.Settings
	// LookInterval is how often files are looked at; 0: at the start only.
	LookInterval time.Duration
	// MaxBytes bounds a file and an answer, uncompressed.
	MaxBytes int64

	Clock   clockwork.Clock
	Logger  *zap.Logger
	Storage storage.Client
	// Count is told of every look at a file and of every request.
	Count func(Source, Outcome)
	// Swapped is told that there is another book.
	Swapped func()
}

// Catalogue has the price book of now. It is safe for concurrent use once it is open.
type Catalogue struct {
	Settings
	book atomic.Pointer[pricing.Book]

	// Only the loop of each, and Open before it, touches files and remote, but for what is a source.
	files  []*file
	remote *remote // nil without an address

	mu      sync.Mutex // guards the sources; whoever makes a book holds it
	sources []*source  // in the order of their layers

	lifetime context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// New makes a catalogue that has no book yet.
func New(settings Settings) *Catalogue {
	c := &Catalogue{Settings: settings}
	c.lifetime, c.stop = context.WithCancel(context.Background())
	if settings.URL != nil {
		c.remote = newRemote(*settings.URL, settings.MaxBytes)
		c.sources = append(c.sources, &c.remote.source)
	}
	for _, named := range settings.Files {
		f := &file{File: named, source: source{kind: FromFiles, name: named.Path}, limit: settings.MaxBytes}
		c.files, c.sources = append(c.files, f), append(c.sources, &f.source)
	}
	return c
}

// Changes says whether there can be another book than the first.
func (c *Catalogue) Changes() bool { return c.remote != nil || c.looks() }

func (c *Catalogue) looks() bool { return len(c.files) > 0 && c.LookInterval > 0 }

// Book is the price book of now.
func (c *Catalogue) Book() *pricing.Book { return c.book.Load() }

// Open makes the first book; from then on it follows its sources, until Close. A file that cannot be used is an error. An
// address that does not answer soon is not: what it said before a restart holds, and it is asked again.
func (c *Catalogue) Open(ctx context.Context) error {
	if err := c.openFiles(); err != nil {
		return err
	}
	wait, err := c.begin(ctx)
	if err != nil {
		return err
	}
	for _, outcome := range c.takeAll(make([]*finding, len(c.files))) {
		c.Count(FromFiles, outcome)
	}
	c.follow(wait)
	return nil
}

func (c *Catalogue) openFiles() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.open())
	}
	return errors.Join(errs...)
}

// begin makes the first book and says when the address is to be asked next.
func (c *Catalogue) begin(ctx context.Context) (wait time.Duration, err error) {
	if c.remote == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		return 0, c.compose(nil)
	}
	kept := c.restore(ctx)
	soon, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer c.Clock.AfterFunc(firstWait, func() { cancel(errNotSoon) }).Stop()
	wait = c.request(soon, func(bool) { err = c.compose(kept) })
	if c.remote.layer == nil {
		c.remote.copy = nil // what was kept does not fit
	}
	if c.Book() == nil && err == nil {
		err = ctx.Err() // the start was called off
	}
	return wait, err
}

// follow starts the loops. The first look at the files comes soon: what was half written at the start is whole by then.
func (c *Catalogue) follow(wait time.Duration) {
	if c.looks() {
		c.every(min(settleTime, c.LookInterval), c.look)
	}
	if c.remote != nil {
		c.every(wait, c.fetch)
	}
}

// every does something again and again until the end: after the first wait, then each time after the wait that it asks for.
func (c *Catalogue) every(wait time.Duration, do func(context.Context) time.Duration) {
	timer := c.Clock.NewTimer(wait)
	c.running.Go(func() {
		defer timer.Stop()
		for {
			select {
			case <-c.lifetime.Done():
				return
			case <-timer.Chan():
				timer.Reset(do(c.lifetime))
			}
		}
	})
}

// closeWait is how long Close waits for a book that is being made: a collector that is told to end has other things to bring to
// safety, and half a book does no harm.
const closeWait = 3 * time.Second

// Close stops following. It waits for what is under way for a moment, if ctx allows, and may come without Open and again.
func (c *Catalogue) Close(ctx context.Context) error {
	c.stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.running.Wait()
	}()
	late := make(chan struct{})
	defer c.Clock.AfterFunc(closeWait, func() { close(late) }).Stop()
	select {
	case <-done:
		return nil
	case <-late:
		return errors.New("the price book is still being renewed")
	case <-ctx.Done():
		return fmt.Errorf("the price book is still being renewed: %w", ctx.Err())
	}
}

// Age is how old the prices of a source are: those that are built in since the newest day on which one of them was verified,
// those of files since the oldest file was changed, those of the address since it last answered. It is false for a source
// that there is nothing of.
func (c *Catalogue) Age(of Source) (time.Duration, bool) {
	since := c.oldest(of)
	return max(0, c.Clock.Since(since)), !since.IsZero()
}

func (c *Catalogue) oldest(of Source) time.Time {
	if of == FromProgram {
		return newest(c.Embedded)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var oldest time.Time
	for _, s := range c.sources {
		if s.kind == of && !s.since.IsZero() && (oldest.IsZero() || s.since.Before(oldest)) {
			oldest = s.since
		}
	}
	return oldest
}
