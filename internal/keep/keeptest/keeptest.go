// Package keeptest has what components that keep their calls are tested against: a storage that loses everything with the test, and
// a host.
package keeptest

import (
	"context"
	"maps"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Disk is a storage extension, and its one client.
type Disk struct {
	component.StartFunc
	component.ShutdownFunc

	// Locked is why no client is given.
	Locked error
	// Opened are the clients that were asked for.
	Opened []string

	mu   sync.Mutex
	data map[string][]byte
	open int
	full error
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
	return d, nil
}

// Get implements storage.Client.
func (d *Disk) Get(ctx context.Context, key string) ([]byte, error) {
	get := storage.GetOperation(key)
	err := d.Batch(ctx, get)
	return get.Value, err
}

// Set implements storage.Client.
func (d *Disk) Set(ctx context.Context, key string, value []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, value))
}

// Delete implements storage.Client.
func (d *Disk) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

// Batch implements storage.Client.
func (d *Disk) Batch(_ context.Context, ops ...*storage.Operation) error {
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

// Close implements storage.Client.
func (d *Disk) Close(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
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
