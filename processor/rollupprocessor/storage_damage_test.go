package rollupprocessor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
)

// written is a disk with a snapshot of some shards, and a log.
func writtenDisk(t *testing.T) *disktest.Disk {
	t.Helper()
	var disk *disktest.Disk
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s")
		for i := range 300 {
			s.take(of(fmt.Sprint("f", i), tokens(i+1, fmt.Sprint("c", i%40), "model", fmt.Sprint("m", i%7))))
		}
		s.take(characters(3, "0s", "1s"), active(2, "1s"), in{metric: semconv.MetricTTFB, value: dist{counts: []uint64{1}, sum: 4}})
		s.at("10s").skip()
		s.snapshotNow()
		s.take(cost(1.0), of("f", cost(2.0, "call_id", "c1")))
		s.at("20s").skip()
		s.take(cost(4.0))
		disk = s.disk.Copy()
	})
	return disk
}

// onDisk is a stage that starts on what is on a disk.
func onDisk(t *testing.T, disk *disktest.Disk) *stage {
	t.Helper()
	s := newStored(t)
	require.NoError(t, s.rollup.Shutdown(context.Background()))
	s.sink.take()
	s.disk = disk
	require.NoError(t, s.start())
	return s
}

// A damaged state is set aside wherever the damage is, and what comes is counted anew under another name.
func TestDamagedState(t *testing.T) {
	whole := writtenDisk(t)
	keys := slices.DeleteFunc(whole.Keys("series", ""), func(key string) bool { return strings.HasPrefix(key, "head") })
	require.Len(t, keys, 6, "a shard, the start of a log and four records")
	for _, key := range keys {
		value := whole.Value("series", key)
		flipped := slices.Clone(value)
		flipped[len(flipped)*2/3] ^= 0x10
		for name, damaged := range map[string][]byte{"flipped": flipped, "cut off": value[:len(value)/2], "empty": {}, "foreign": []byte("nonsense")} {
			t.Run(key[:4]+" "+name, func(t *testing.T) {
				disk := whole.Copy()
				disk.Put("series", key, damaged)
				s := onDisk(t, disk)
				assert.Equal(t, "collector-2", s.instance(), "the stage began without the disk")
				assert.Equal(t, 1, s.logged("set aside"))
				assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_damaged_states"))
				s.at("30s").take(cost(1.0))
				s.crash()
				s.at("40s").flush(
					"bot voice.cost.usd{} counter 0.0 [29.999s 29.999s]",
					"bot voice.cost.usd{} counter 1.0 [29.999s 40s]",
				)
				assert.Equal(t, 1, s.logged("set aside"), "once")
				assert.Zero(t, s.logged("is gone"), "it is the same damage")
				assert.Equal(t, damaged, s.disk.Value("series", key), "it is there for whoever wants to look at it")
			})
		}
	}
}

func TestMissingPartOfAState(t *testing.T) {
	whole := writtenDisk(t)
	for _, key := range []string{whole.Keys("series", "snapshot/")[0], whole.Keys("series", "log/")[2]} {
		disk := whole.Copy()
		disk.Put("series", key, nil)
		assert.Equal(t, 1, onDisk(t, disk).logged("set aside"))
	}
}

// A file that was emptied, or that the storage has replaced, is no first start: what was counted is not there.
func TestStateThatIsGone(t *testing.T) {
	empty := func(disk *disktest.Disk, name string) {
		for _, key := range disk.Keys(name, "") {
			disk.Put(name, key, nil)
		}
	}
	s := newStored(t)
	untouched := s.disk.Copy()
	for name, disk := range map[string]*disktest.Disk{"used": writtenDisk(t), "never used": untouched} {
		t.Run(name, func(t *testing.T) {
			empty(disk, "series")
			s := onDisk(t, disk)
			assert.Equal(t, 1, s.logged("The stored state is gone"))
			assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_damaged_states"))
			assert.Equal(t, "collector-2", s.instance(), "the stage began without the disk")
			s.at("30s").take(cost(1.0))
			s.crash()
			assert.Equal(t, 1, s.logged("The stored state is gone"), "once")
			s.at("40s").flush(
				"bot voice.cost.usd{} counter 0.0 [29.999s 29.999s]",
				"bot voice.cost.usd{} counter 1.0 [29.999s 40s]",
			)
		})
	}
	t.Run("on purpose", func(t *testing.T) {
		disk := writtenDisk(t)
		empty(disk, "series")
		empty(disk, "door")
		s := onDisk(t, disk)
		assert.Zero(t, s.logged("is gone"))
		assert.Empty(t, s.counts("otelcol_processor_rollup_damaged_states"))
	})
}

// What another version has written is whole, and yet nothing that this one can use.
func TestStateOfAnotherVersion(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0))
	shards, err := s.intake().snapshot()
	require.NoError(t, err)
	for name, change := range map[string]func([]byte){
		"format":   func(shard []byte) { shard[0] = 99 },
		"settings": func(shard []byte) { shard[4] = '!' },
	} {
		t.Run(name, func(t *testing.T) {
			shard := slices.Clone(shards[0][18:])
			change(shard)
			_, err := restored(oneShard(shard))
			assert.ErrorContains(t, err, map[string]string{"format": "it is of version 99, and this program reads version 1", "settings": "its settings: "}[name])
		})
	}
}

func oneShard(shard []byte) func() ([]byte, error) {
	return func() ([]byte, error) {
		defer func() { shard = nil }()
		return shard, nil
	}
}

// A state that cannot be opened stays where it is, and another name is used from then on, also when it could be opened again.
func TestStorageThatCannotBeOpened(t *testing.T) {
	for name, fault := range map[string]func(string) error{
		"error": func(string) error { return errors.New("invalid database") },
		"panic": func(string) error { panic("page 3: invalid page type") },
	} {
		t.Run(name, func(t *testing.T) {
			disk := writtenDisk(t)
			disk.OnOpen(func(name string) error {
				if name == "series" {
					return fault(name)
				}
				return nil
			})
			s := onDisk(t, disk)
			assert.Equal(t, 1, s.logged("set aside"))
			assert.Equal(t, []string{"=1"}, s.counts("otelcol_processor_rollup_damaged_states"))
			s.at("30s").take(cost(1.0))
			s.disk.OnOpen(nil)
			s.crash()
			s.at("40s").flush(
				"bot voice.cost.usd{} counter 0.0 [29.999s 29.999s]",
				"bot voice.cost.usd{} counter 1.0 [29.999s 40s]",
			)
			assert.Equal(t, []string{"door", "series", "series-2"}, s.disk.Names())
		})
	}
}

func TestStorageThatCannotBeRead(t *testing.T) {
	disk := writtenDisk(t)
	disk.OnRead(func(ops []*storage.Operation) error {
		if strings.HasPrefix(ops[0].Key, "log/") {
			return errors.New("input/output error")
		}
		return nil
	})
	s := onDisk(t, disk)
	assert.Equal(t, 1, s.logged("set aside"))
	assert.Contains(t, s.disk.Names(), "series-2")
}

// Somebody else has it: two who write one series are worse than none.
func TestStorageThatIsInUse(t *testing.T) {
	s := newStored(t)
	disk := s.disk
	disk.OnOpen(func(name string) error {
		if name == "series" {
			return errors.New("timeout")
		}
		return nil
	})
	other := &stage{T: t, cfg: s.cfg, disk: disk, sink: &sink{}, telemetry: componenttest.NewTelemetry(), logger: s.logger}
	assert.EqualError(t, other.start(), `storage: "series" in "file_storage" is in use, by another collector or by a second pipeline `+
		`with "rollup", where each needs a rollup of its own (rollup/other): timeout`)
	disk.OnOpen(nil)
	require.NoError(t, other.start(), "it is no reason to set anything aside")
	assert.Equal(t, []string{"door", "series"}, disk.Names())
	require.NoError(t, other.rollup.Shutdown(context.Background()))
	require.NoError(t, other.telemetry.Shutdown(context.Background()))
}

func TestStorageThatCannotBeOpenedUnderAnyName(t *testing.T) {
	s := newStored(t)
	s.disk.OnOpen(func(string) error { return errors.New("read-only file system") })
	other := &stage{T: t, cfg: s.cfg, disk: s.disk, sink: &sink{}, telemetry: componenttest.NewTelemetry(), logger: s.logger}
	assert.EqualError(t, other.start(), `storage: "file_storage" cannot be used under any of 16 names; see the errors before this`)
	assert.Equal(t, 16, s.logged("set aside"))
	s.disk.OnOpen(nil)
	require.NoError(t, other.rollup.Shutdown(context.Background()), "of what did not start")
	require.NoError(t, other.telemetry.Shutdown(context.Background()))
}

// A database may end the process when it opens a damaged file. After some starts that did not come back, its state is left
// alone: it would be so for ever.
func TestStateThatEndsWhoeverOpensIt(t *testing.T) {
	disk := writtenDisk(t)
	deadly := func(name string) error {
		if name == "series" {
			runtime.Goexit()
		}
		return nil
	}
	s := newStored(t)
	require.NoError(t, s.rollup.Shutdown(context.Background()))
	s.sink.take()
	s.disk = disk
	die := func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = s.start()
			t.Error("it came back")
		}()
		<-done
	}
	disk.OnOpen(deadly)
	die()
	die()
	disk.OnOpen(nil)
	require.NoError(t, s.start(), "whatever ended the two before, this one came back")
	assert.Zero(t, s.logged("set aside"))
	s.abandon()
	s.disk.OnOpen(deadly)
	for range maxAttempts {
		die()
	}
	require.NoError(t, s.start())
	assert.Equal(t, 1, s.logged("set aside"))
	s.at("30s").take(cost(1.0))
	s.crash()
	s.at("40s").flush(
		"bot voice.cost.usd{} counter 0.0 [29.999s 29.999s]",
		"bot voice.cost.usd{} counter 1.0 [29.999s 40s]",
	)
}

// Without its door a state is opened as if nothing had been.
func TestDoorThatCannotBeOpened(t *testing.T) {
	disk := writtenDisk(t)
	disk.OnOpen(func(name string) error {
		if name == "door" {
			return errors.New("invalid database")
		}
		return nil
	})
	s := onDisk(t, disk)
	assert.Equal(t, 1, s.logged("does not remember"))
	assert.Equal(t, 40*7+4, s.intake().store.Series())
	disk.OnOpen(nil)
	disk.Put("door", "door", []byte("nonsense"))
	s.restart()
	assert.Equal(t, 40*7+4, s.intake().store.Series())
}

func TestStorageThatIsNone(t *testing.T) {
	for name, tc := range map[string]struct {
		host extended
		want string
	}{
		"missing": {extended{}, `storage: there is no extension "file_storage": define it under`},
		"foreign": {extended{storageID: struct{ component.Component }{}}, `storage: the extension "file_storage" stores nothing`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			require.NoError(t, s.rollup.Shutdown(context.Background()))
			assert.ErrorContains(t, s.rollup.Start(context.Background(), tc.host), tc.want)
		})
	}
}
