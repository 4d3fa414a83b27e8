package catalogue

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bench is a catalogue with a clock, a folder for its files and a storage, all in the test's hands.
type bench struct {
	*testing.T
	*Catalogue
	clock    *clockwork.FakeClock
	dir      string
	disk     *disk
	settings Settings
	messages *observer.ObservedLogs

	mu     sync.Mutex
	counts map[string]int
	swaps  int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	builtIn, err := pricing.NewBook(pricing.Settings{}, parsed(t, base))
	require.NoError(t, err)
	core, messages := observer.New(zap.InfoLevel)
	b := &bench{
		T: t, clock: clockwork.NewFakeClockAt(noon), dir: t.TempDir(), disk: newDisk(), messages: messages,
		counts: map[string]int{},
	}
	b.settings = Settings{
		Embedded: parsed(t, base), BuiltIn: builtIn,
		LookInterval: 30 * time.Second, MaxBytes: 1 << 20,
		Clock: b.clock, Logger: zap.New(core), Storage: b.disk,
		Count: func(source Source, outcome Outcome) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counts[source.String()+" "+outcome.String()]++
		},
		Swapped: func() { b.swaps++ },
	}
	return b
}

// base is what is built into the program.
const base = `
provider: cartesia
verified: "2026-11-01"
rows:
  - {models: [sonic], usage: characters, unit: character, price: "5", per: "1000"}
  - {models: [sonic], usage: characters, unit: character, price: "4", per: "1000", when: {plan: scale}}
`

func parsed(t *testing.T, text string) pricing.Layer {
	t.Helper()
	file, err := pricing.Parse("base", []byte(text))
	require.NoError(t, err)
	return pricing.Layer{file}
}

// file writes a price file and adds it to the settings.
func (b *bench) file(name, text string) {
	b.Helper()
	b.write(name, text)
	b.settings.Files = append(b.settings.Files, File{Path: b.path(name)})
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, text string) {
	b.Helper()
	require.NoError(b, os.WriteFile(b.path(name), []byte(text), 0o600))
}

// replace puts another file in a file's place, as editors and downloads do.
func (b *bench) replace(name, text string) {
	b.Helper()
	b.write("new", text)
	require.NoError(b, os.Rename(b.path("new"), b.path(name)))
}

// start opens a catalogue; it is closed with the test, or by stop.
func (b *bench) start() {
	b.Helper()
	require.NoError(b, b.tryStart())
}

func (b *bench) tryStart() error {
	b.Catalogue = New(b.settings)
	b.Cleanup(b.stop)
	return b.Open(context.Background())
}

func (b *bench) stop() {
	b.Helper()
	require.NoError(b, b.Close(context.Background()))
}

// pass lets time pass, and what is due then happen.
func (b *bench) pass(d time.Duration) {
	b.Helper()
	loops := 0
	if b.looks() {
		loops++
	}
	if b.remote != nil {
		loops++
	}
	require.NoError(b, b.clock.BlockUntilContext(b.Context(), loops))
	b.clock.Advance(d)
	require.NoError(b, b.clock.BlockUntilContext(b.Context(), loops))
}

// settle lets the files be looked at until what they have now is taken.
func (b *bench) settle() {
	b.Helper()
	b.pass(b.settings.LookInterval)
	b.pass(settleTime)
}

// price is what one character of a model of the provider "home" costs now, or why that is not known.
func (b *bench) price(model string) string {
	b.Helper()
	return priceIn(b.Book(), model)
}

func priceIn(book *pricing.Book, model string) string { return priceAt("home", book, model) }

func priceAt(provider string, book *pricing.Book, model string) string {
	quantity, _ := pricing.Count(1)
	result := book.Price(&pricing.Usage{Provider: provider, Model: model, Kind: pricing.Characters, Quantity: quantity, At: noon})
	if result.Reason != pricing.Priced {
		return result.Reason.String()
	}
	return fmt.Sprint(result.USD)
}

// counted is how often something came of a source.
func (b *bench) counted(what string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts[what]
}

// said are the messages of a kind, each with a field.
func (b *bench) said(message, field string) []string {
	var said []string
	for _, entry := range b.messages.FilterMessage(message).All() {
		said = append(said, fmt.Sprint(entry.ContextMap()[field]))
	}
	return said
}

const (
	failed   = "prices could not be renewed; those of before stay in force"
	again    = "prices can be renewed again"
	replaced = "price book changed"
)

// home is a price file: pairs of a model and its price.
func home(pairs ...string) string {
	text := "provider: home\nrows:\n"
	for pair := range slices.Chunk(pairs, 2) {
		text += fmt.Sprintf("  - {models: [%s], usage: characters, unit: character, price: %q, per: \"1\"}\n", pair[0], pair[1])
	}
	return text
}

// everything is all that was logged, in one text.
func (b *bench) everything() string {
	var text strings.Builder
	for _, entry := range b.messages.All() {
		fmt.Fprintln(&text, entry.Message, entry.ContextMap())
	}
	return text.String()
}

// disk is a storage that outlives the catalogue.
type disk struct {
	mu   sync.Mutex
	data map[string][]byte
	err  error
	held func() // called before anything is done, if there is one
}

func newDisk() *disk { return &disk{data: map[string][]byte{}} }

func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

func (d *disk) Batch(_ context.Context, ops ...*storage.Operation) error {
	if d.held != nil {
		d.held()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = d.data[op.Key]
		case storage.Set:
			d.data[op.Key] = op.Value
		case storage.Delete:
			delete(d.data, op.Key)
		}
	}
	return nil
}

func (d *disk) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := d.Batch(ctx, op)
	return op.Value, err
}

func (d *disk) Set(ctx context.Context, key string, value []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, value))
}

func (d *disk) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

func (d *disk) Close(context.Context) error { return nil }
