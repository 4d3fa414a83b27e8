// Package keeptest has what components that keep their calls are tested against: a storage that loses everything with the test, and
// a host.
package keeptest

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Disk is a storage extension.
type Disk struct {
	component.StartFunc
	component.ShutdownFunc

	// Locked is why no client is given.
	Locked error
	// Opened are the clients that were asked for.
	Opened []string

	mu      sync.Mutex
	data    map[string][]byte
	open    int
	full    error
	hanging chan struct{} // nil while it answers
}

// NewDisk is an empty one.
func NewDisk() *Disk { return &Disk{data: map[string][]byte{}} }

// Copy is another disk with the same on it: what a crash leaves, whatever those who were there do afterwards.
func (d *Disk) Copy() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &Disk{data: maps.Clone(d.data)}
}

// Fill makes every write fail from now on; nil: none.
func (d *Disk) Fill(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = err
}

// Hang makes whatever is asked of the disk from now on wait until its context ends. It returns a channel that says each time that
// something begins to wait.
func (d *Disk) Hang() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hanging = make(chan struct{}, 100)
	return d.hanging
}

// Keys are how many keys there are.
func (d *Disk) Keys() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.data)
}

// Open is how many clients are.
func (d *Disk) Open() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// GetClient implements storage.Extension.
func (d *Disk) GetClient(_ context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Opened = append(d.Opened, kind.String()+" "+id.String()+" "+name)
	if d.Locked != nil {
		return nil, d.Locked
	}
	d.open++
	return &client{disk: d}, nil
}

// Set changes what is on the disk behind everybody's back.
func (d *Disk) Set(ctx context.Context, key string, value []byte) error {
	return d.batch(ctx, storage.SetOperation(key, value))
}

func (d *Disk) batch(ctx context.Context, ops ...*storage.Operation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, op := range ops {
		switch {
		case op.Type == storage.Get:
			op.Value = d.data[op.Key]
		case d.full != nil:
			return d.full
		case op.Type == storage.Set:
			d.data[op.Key] = op.Value
		default:
			delete(d.data, op.Key)
		}
	}
	return nil
}

// wait waits until ctx ends where the disk hangs.
func (d *Disk) wait(ctx context.Context) {
	d.mu.Lock()
	hanging := d.hanging
	d.mu.Unlock()
	if hanging != nil {
		hanging <- struct{}{}
		<-ctx.Done()
	}
}

// client is a way to a disk until it is closed.
type client struct {
	disk   *Disk
	closed atomic.Bool
}

var errClosed = errors.New("the client of the disk is closed")

// Get implements storage.Client.
func (c *client) Get(ctx context.Context, key string) ([]byte, error) {
	get := storage.GetOperation(key)
	err := c.Batch(ctx, get)
	return get.Value, err
}

// Set implements storage.Client.
func (c *client) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

// Delete implements storage.Client.
func (c *client) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

// Batch implements storage.Client.
func (c *client) Batch(ctx context.Context, ops ...*storage.Operation) error {
	if c.closed.Load() {
		return errClosed
	}
	c.disk.wait(ctx)
	return c.disk.batch(ctx, ops...)
}

// Close implements storage.Client.
func (c *client) Close(context.Context) error {
	if c.closed.Swap(true) {
		return errClosed
	}
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	c.disk.open--
	return nil
}

// Host is one that has extensions, and hears of the component's state.
type Host struct {
	Extensions map[component.ID]component.Component

	mu     sync.Mutex
	events []componentstatus.Status
}

// GetExtensions implements component.Host.
func (h *Host) GetExtensions() map[component.ID]component.Component { return h.Extensions }

// Report implements componentstatus.Reporter.
func (h *Host) Report(event *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, event.Status())
}

// Events are what it heard.
func (h *Host) Events() []componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.events
}
