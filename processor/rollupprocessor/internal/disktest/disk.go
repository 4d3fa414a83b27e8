// Package disktest is a storage extension in memory for tests: it survives whoever uses it, and fails when it is told to.
package disktest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// ErrClosed is what a client says that was closed.
var ErrClosed = errors.New("the client is closed")

// Fault is what becomes of a write: the first Done of its operations are done, then it fails with Err.
type Fault struct {
	Done int
	Err  error
}

// Disk is a storage extension. Its clients are told apart by their name alone, and one file may have several, as after a
// crash.
type Disk struct {
	component.StartFunc
	component.ShutdownFunc

	mu     sync.Mutex
	files  map[string]map[string][]byte
	writes int

	open  func(name string) error
	write func(ops []*storage.Operation) Fault
	read  func(ops []*storage.Operation) error
}

// OnOpen has f asked before a client is made; nil: nothing fails. As those below, it may hang or panic.
func (d *Disk) OnOpen(f func(name string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = f
}

// OnWrite has f asked before each write.
func (d *Disk) OnWrite(f func(ops []*storage.Operation) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write = f
}

// OnRead has f asked before each read.
func (d *Disk) OnRead(f func(ops []*storage.Operation) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read = f
}

// New is an empty disk.
func New() *Disk { return &Disk{files: make(map[string]map[string][]byte)} }

// GetClient implements storage.Extension.
func (d *Disk) GetClient(_ context.Context, _ component.Kind, _ component.ID, name string) (storage.Client, error) {
	d.mu.Lock()
	open := d.open
	d.mu.Unlock()
	if open != nil {
		if err := open(name); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] == nil {
		d.files[name] = make(map[string][]byte)
	}
	return &client{disk: d, name: name}, nil
}

// Client is a client of that name.
func (d *Disk) Client(name string) storage.Client {
	c, err := d.GetClient(context.Background(), component.KindProcessor, component.ID{}, name)
	if err != nil {
		panic(err)
	}
	return c
}

// Names are the names of all clients that there were.
func (d *Disk) Names() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.files))
}

// Keys are the keys of a file that begin so, in order.
func (d *Disk) Keys(name, prefix string) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keys []string
	for key := range d.files[name] {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Value is a value as it is on the disk.
func (d *Disk) Value(name, key string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.files[name][key])
}

// Put changes a value; nil removes it.
func (d *Disk) Put(name, key string, value []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if value == nil {
		delete(d.files[name], key)
		return
	}
	d.files[name][key] = bytes.Clone(value)
}

// Do does operations on a file.
func (d *Disk) Do(name string, ops ...*storage.Operation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, op := range ops {
		d.do(name, op)
	}
}

// Writes is how many writes there were.
func (d *Disk) Writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// Copy is another disk with the same on it.
func (d *Disk) Copy() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	other := New()
	for name, values := range d.files {
		other.files[name] = maps.Clone(values)
	}
	return other
}

type client struct {
	disk   *Disk
	name   string
	closed bool
}

func (c *client) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := c.Batch(ctx, op)
	return op.Value, err
}

func (c *client) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

func (c *client) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

func (c *client) Close(context.Context) error {
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	c.closed = true
	return nil
}

func (c *client) Batch(_ context.Context, ops ...*storage.Operation) error {
	fault := c.disk.fault(ops)
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	if c.closed {
		return ErrClosed
	}
	for _, op := range ops[:fault.Done] {
		c.disk.do(c.name, op)
	}
	return fault.Err
}

func (d *Disk) fault(ops []*storage.Operation) Fault {
	reads := !slices.ContainsFunc(ops, func(op *storage.Operation) bool { return op.Type != storage.Get })
	d.mu.Lock()
	write, read := d.write, d.read
	if !reads {
		d.writes++
	}
	d.mu.Unlock()
	switch {
	case !reads && write != nil:
		return write(ops)
	case reads && read != nil:
		if err := read(ops); err != nil {
			return Fault{Err: err}
		}
	}
	return Fault{Done: len(ops)}
}

func (d *Disk) do(name string, op *storage.Operation) {
	values := d.files[name]
	switch op.Type {
	case storage.Get:
		op.Value = bytes.Clone(values[op.Key])
	case storage.Set:
		values[op.Key] = bytes.Clone(op.Value)
	case storage.Delete:
		delete(values, op.Key)
	}
}
