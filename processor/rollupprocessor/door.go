package rollupprocessor

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/guard"
)

var errNoWayBack = errors.New("each of the last starts ended while it was opened: its file is damaged")

// maxAttempts is how many starts in a row may end at the door before the state is taken for what ends them.
const maxAttempts = 3

// door remembers, in a small client of its own, which state is in use, and how many starts began to open it and did not come
// back: a database may end the process when it finds its file damaged, and no later start would be other than that. It also
// remembers that there is a state: a file that is emptied or replaced looks like one that never had any.
type door struct {
	client   guard.Client
	there    bool // else nothing is remembered
	name     int
	attempts int
	founded  bool // there is a state of that name
	log      *zap.Logger
}

const (
	doorKey     = "door"
	doorVersion = 1
	doorSize    = 14
)

func openDoor(ctx context.Context, o *opener) *door {
	d := &door{log: o.watch.logger}
	var err error
	if d.client, err = o.client(ctx, doorName); err != nil {
		d.note(err)
		return d
	}
	d.there = true
	value, err := d.client.Get(ctx, doorKey)
	d.note(err)
	d.read(value)
	return d
}

// through opens something that may end the process.
func (d *door) through(ctx context.Context, open func() error) error {
	if d.attempts >= maxAttempts {
		return errNoWayBack
	}
	d.attempts++
	d.write(ctx)
	err := open()
	d.attempts = 0
	d.write(ctx)
	return err
}

// next goes on to the next state.
func (d *door) next() {
	d.name++
	d.attempts, d.founded = 0, false
}

// settle remembers whether there is a state now.
func (d *door) settle(ctx context.Context, founded bool) {
	if d.founded != founded {
		d.founded = founded
		d.write(ctx)
	}
}

func (d *door) note(err error) {
	if err != nil {
		d.log.Warn("The storage does not remember which state is in use", zap.Error(err))
	}
}

// read takes nothing from what it does not understand.
func (d *door) read(value []byte) {
	const body = doorSize - crc32.Size
	if len(value) != doorSize || value[0] != doorVersion || binary.LittleEndian.Uint32(value[body:]) != crc32.ChecksumIEEE(value[:body]) {
		return
	}
	d.name, d.attempts = int(binary.LittleEndian.Uint32(value[1:])), int(binary.LittleEndian.Uint32(value[5:]))
	d.founded = value[9] != 0
}

func (d *door) write(ctx context.Context) {
	if !d.there {
		return
	}
	value := binary.LittleEndian.AppendUint32([]byte{doorVersion}, uint32(d.name))
	value = binary.LittleEndian.AppendUint32(value, uint32(d.attempts))
	value, _ = binary.Append(value, binary.LittleEndian, d.founded)
	value = binary.LittleEndian.AppendUint32(value, crc32.ChecksumIEEE(value))
	d.note(d.client.Set(ctx, doorKey, value))
}

func (d *door) close(ctx context.Context) {
	if d.there {
		d.note(d.client.Close(ctx))
	}
}
