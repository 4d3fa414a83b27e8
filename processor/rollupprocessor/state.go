package rollupprocessor

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/codec"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/series"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/wal"
)

// format is the version of what a snapshot and a record of the log hold. It changes with any of the Encode methods and with
// what intake makes of a request: a state that went through the log in another way would be another.
const format = 1

// shardSize is about what one write takes, so that requests do not wait long behind it.
const shardSize = 256 << 10

// snapshot is all that the intake holds, in shards. Equal states have equal snapshots. Exemplars are not part of it.
func (in *intake) snapshot() ([][]byte, error) {
	settings, err := json.Marshal(in.cfg)
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be stored: %w", err)
	}
	e := codec.NewEncoder(wal.SealSize, shardSize)
	e.Uint(format)
	e.Bytes(settings)
	e.Text(in.store.InstanceID())
	in.hasher.Seed().Encode(e)
	index := make(series.Index)
	in.streams.Want(index)
	in.observations.Want(index)
	in.store.Encode(e, index)
	in.streams.Encode(e, index)
	in.observations.Encode(e, index)
	in.once.Encode(e)
	return e.Shards(), nil
}

// restored is the intake of a snapshot. It goes by the settings under which that was taken, so that the log which follows is
// read as it was written; configure is for after.
func restored(next func() ([]byte, error)) (*intake, error) {
	d := codec.NewDecoder(next)
	if v := d.Uint(); d.OK() && v != format {
		return nil, fmt.Errorf("it is of version %d, and this program reads version %d", v, format)
	}
	var cfg Config
	settings := d.Bytes()
	if err := json.Unmarshal(settings, &cfg); d.OK() && err != nil {
		return nil, fmt.Errorf("its settings: %w", err)
	}
	instance, seed := d.Text(), ident.DecodeSeed(d)
	in := newIntake(&cfg, identity{instance, seed}, time.Time{})
	list := in.store.Decode(d, in.hasher, boundsOf)
	in.store.Retire(otherHistograms(&cfg))
	in.streams.Decode(d, list)
	in.observations.Decode(d, list)
	in.once.Decode(d)
	return in, d.Close()
}

// boundsOf are the bounds of a histogram that is known beforehand, else nil.
func boundsOf(name string) []float64 { return contract[name].bounds }
