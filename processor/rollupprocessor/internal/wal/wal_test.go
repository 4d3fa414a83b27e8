package wal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/goleak"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDisk = errors.New("no space left on device")

const file = "state"

// book is a state that is easy to see through: the words that were said, in order.
type book struct {
	*testing.T
	disk *disktest.Disk
	log  *Log
	said []string
}

func open(t *testing.T, disk *disktest.Disk) *book {
	t.Helper()
	b := &book{T: t, disk: disk}
	var err error
	b.log, err = Open(context.Background(), disk.Client(file))
	require.NoError(t, err)
	return b
}

// begin opens an empty disk and writes the first snapshot.
func begin(t *testing.T, disk *disktest.Disk) *book {
	t.Helper()
	b := open(t, disk)
	require.True(t, b.log.Empty())
	b.snapshot()
	return b
}

// reopen is what a start finds, whatever became of the one before.
func reopen(t *testing.T, disk *disktest.Disk) *book {
	t.Helper()
	b := open(t, disk)
	require.NoError(t, b.restore())
	return b
}

func (b *book) restore() error {
	return b.log.Restore(context.Background(), func(next func() ([]byte, error)) error {
		for {
			shard, err := next()
			if shard == nil || err != nil {
				return err
			}
			b.said = append(b.said, strings.Fields(string(shard))...)
		}
	}, func(record []byte) error {
		b.said = append(b.said, strings.Fields(string(record))...)
		return nil
	})
}

func sealable(text string) []byte { return append(make([]byte, SealSize), text...) }

func (b *book) try(words string) error {
	err := b.log.Append(context.Background(), sealable(words))
	if err == nil {
		b.said = append(b.said, strings.Fields(words)...)
	}
	return err
}

func (b *book) say(words ...string) {
	b.Helper()
	for _, word := range words {
		require.NoError(b, b.try(word))
	}
}

// shards has a shard for every two words, and an empty one.
func (b *book) shards() [][]byte {
	shards := [][]byte{sealable("")}
	for i := 0; i < len(b.said); i += 2 {
		shards = append(shards, sealable(strings.Join(b.said[i:min(i+2, len(b.said))], " ")))
	}
	return shards
}

func (b *book) begins() { require.NoError(b, b.log.Begin(context.Background(), b.shards())) }

func (b *book) snapshot() {
	b.Helper()
	b.begins()
	b.finish()
}

func (b *book) step() {
	b.Helper()
	_, err := b.log.Step(context.Background())
	require.NoError(b, err)
}

func (b *book) finish() {
	b.Helper()
	for b.log.Busy() {
		b.step()
	}
}

// keys are the keys on disk, with generations counted from the lowest.
func (b *book) keys() []string {
	keys := b.disk.Keys(file, "")
	for i, key := range keys {
		parts := strings.Split(key, "/")
		if len(parts) == 3 {
			var generation, n uint64
			_, _ = fmt.Sscanf(parts[1]+" "+parts[2], "%x %x", &generation, &n)
			keys[i] = fmt.Sprintf("%s/%d/%d", parts[0], generation-b.log.head.oldest, n)
		}
	}
	return keys
}

func TestStateSurvivesARestart(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a", "b c", "d")
	b = reopen(t, disk)
	assert.Equal(t, []string{"a", "b", "c", "d"}, b.said)
	b.say("e")
	b.snapshot()
	b.say("f")
	b = reopen(t, disk)
	assert.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, b.said)
	b = reopen(t, disk)
	assert.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, b.said)
}

func TestKeysOnDisk(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a", "b", "c")
	assert.Equal(t, []string{"head", "head/copy", "log/0/0", "log/0/1", "log/0/2", "snapshot/0/0"}, b.keys())
	b.begins()
	b.say("d")
	b.step()
	assert.Equal(t, []string{
		"head", "head/copy", "log/0/0", "log/0/1", "log/0/2", "log/1/0", "log/1/1", "snapshot/0/0", "snapshot/1/0",
	}, b.keys())
	b.finish()
	assert.Equal(t, []string{"head", "head/copy", "log/1/0", "log/1/1", "snapshot/1/0", "snapshot/1/1", "snapshot/1/2"}, b.keys())
}

// Pinned: a change is another version.
func TestFormatOnDisk(t *testing.T) {
	assert.Equal(t, "017334b9c001070000000000000000000000050000000000000002000000a000000000000000",
		hex.EncodeToString(encodeHead(head{generation: 7, oldest: 5, shards: 2, size: 160})))
	assert.Equal(t, "017a96e68c03070000000000000003000000616263", hex.EncodeToString(seal(sealable("abc"), aRecord, 7, 3)))
	assert.Equal(t, "snapshot/0000000000000007/00000003 log/0000000000000007/0000000a", shardKey(7, 3)+" "+recordKey(7, 10))
}

func TestNothingIsAppendedBeforeThereIsASnapshot(t *testing.T) {
	b := open(t, disktest.New())
	assert.ErrorIs(t, b.try("a"), ErrEmpty)
	b.begins()
	assert.ErrorIs(t, b.try("a"), ErrEmpty)
	b.finish()
	assert.NoError(t, b.try("a"))
	assert.False(t, b.log.Empty())
}

// Whatever step of a snapshot a crash falls into.
func TestCrashDuringASnapshot(t *testing.T) {
	for steps := range 20 {
		disk := disktest.New()
		b := begin(t, disk)
		b.say("a", "b", "c", "d", "e")
		b.begins()
		for i := range steps {
			b.say(fmt.Sprint(i))
			b.step()
		}
		again := reopen(t, disk)
		require.Equal(t, b.said, again.said, "after %d steps", steps)
		again.finish()
		again.say("x")
		again.snapshot()
		again = reopen(t, disk)
		require.Equal(t, append(b.said, "x"), again.said)
		require.False(t, again.log.Busy(), "nothing stale is left")
		shards := len(again.shards())
		require.Len(t, again.keys(), 2+shards+1, "a head, its copy, the shards and the start of a log")
	}
}

// A state that has had no record since its snapshot may be written again all the same.
func TestSnapshotOfTheSame(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	assert.False(t, b.log.Grown())
	b.begins()
	b.say("a")
	b = reopen(t, disk)
	assert.Equal(t, []string{"a"}, b.said)
	assert.True(t, b.log.Grown())
	b.finish()
	b.snapshot()
	b.snapshot()
	assert.Equal(t, []string{"a"}, reopen(t, disk).said)
}

func TestRecordThatWasNotWrittenIsReplaced(t *testing.T) {
	for _, done := range []int{0, 1} {
		disk := disktest.New()
		b := begin(t, disk)
		b.say("a")
		fail := func() {
			disk.OnWrite(func([]*storage.Operation) disktest.Fault { return disktest.Fault{Done: done, Err: errDisk} })
		}
		fail()
		require.ErrorIs(t, b.try("lost"), errDisk)
		disk.OnWrite(nil)
		b.say("b")
		require.Equal(t, []string{"a", "b"}, reopen(t, disk).said)

		fail()
		require.ErrorIs(t, b.try("lost"), errDisk)
		disk.OnWrite(nil)
		b.begins()
		b.say("c")
		require.Equal(t, []string{"a", "b", "c"}, reopen(t, disk).said, "although the log goes on elsewhere")
		b.finish()

		fail()
		require.ErrorIs(t, b.try("lost"), errDisk)
		disk.OnWrite(nil)
		require.NoError(t, b.log.Close(context.Background()))
		require.Equal(t, []string{"a", "b", "c"}, reopen(t, disk).said)
	}
}

func TestSnapshotThatCannotBeWritten(t *testing.T) {
	for fails := range 6 {
		disk := disktest.New()
		b := begin(t, disk)
		b.say("a", "b", "c", "d", "e", "f")
		b.begins()
		for range fails {
			b.step()
		}
		disk.OnWrite(func([]*storage.Operation) disktest.Fault { return disktest.Fault{Done: 1, Err: errDisk} })
		_, err := b.log.Step(context.Background())
		require.ErrorIs(t, err, errDisk)
		disk.OnWrite(nil)
		b.say("g")
		require.Equal(t, b.said, reopen(t, disk.Copy()).said, "at step %d", fails)
		b.finish()
		require.Equal(t, b.said, reopen(t, disk.Copy()).said)
		b.snapshot()
		b.say("h")
		again := reopen(t, disk)
		require.Equal(t, b.said, again.said)
		require.False(t, again.log.Busy())
	}
}

func TestSnapshotThatCannotBegin(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a")
	for _, done := range []int{0, 1} {
		disk.OnWrite(func([]*storage.Operation) disktest.Fault { return disktest.Fault{Done: done, Err: errDisk} })
		require.ErrorIs(t, b.log.Begin(context.Background(), b.shards()), errDisk)
		assert.False(t, b.log.Busy())
		disk.OnWrite(nil)
		b.say("b")
		require.Equal(t, b.said, reopen(t, disk).said)
	}
	b.snapshot()
	require.Equal(t, b.said, reopen(t, disk).said)
}

func TestSnapshotIsDue(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a")
	assert.False(t, b.log.Due())
	b.log.Burden(minLog)
	assert.True(t, b.log.Due())
	disk.OnWrite(func([]*storage.Operation) disktest.Fault { return disktest.Fault{Err: errDisk} })
	require.Error(t, b.log.Begin(context.Background(), b.shards()))
	disk.OnWrite(nil)
	assert.False(t, b.log.Due(), "not at once")
	b.log.Burden(minRetry + 1)
	assert.True(t, b.log.Due())
	b.begins()
	assert.False(t, b.log.Due(), "it has begun")
	b.log.Burden(7)
	b.finish()
	assert.EqualValues(t, 7, b.log.burden)

	require.NoError(t, b.log.Begin(context.Background(), [][]byte{make([]byte, 2*minLog)}))
	b.finish()
	b.log.Burden(2*minLog - 100)
	assert.False(t, b.log.Due(), "a log may be as large as its snapshot")
	b.log.Burden(200)
	assert.True(t, b.log.Due())
	assert.GreaterOrEqual(t, b.log.Size(), int64(4*minLog))
}

// What is damaged costs the whole state, wherever it is, and nothing of it is lost but its use.
func TestDamage(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a", "b", "c")
	b.snapshot()
	b.say("d", "e", "f")
	for _, key := range disk.Keys(file, "") {
		whole := disk.Value(file, key)
		for name, value := range map[string][]byte{
			"empty":           {},
			"cut off":         whole[:len(whole)-1],
			"cut off early":   whole[:3],
			"flipped":         append(append([]byte{}, whole[:len(whole)-1]...), whole[len(whole)-1]^4),
			"another version": append([]byte{9}, whole[1:]...),
			"of another":      disk.Value(file, recordKey(b.log.head.generation, 1)),
		} {
			if key == recordKey(b.log.head.generation, 1) && name == "of another" {
				continue
			}
			broken := disk.Copy()
			broken.Put(file, key, value)
			again := open(t, broken)
			err := again.restore()
			if strings.HasPrefix(key, "head") {
				require.NoError(t, err, "the head has a copy")
				require.Equal(t, b.said, again.said)
				continue
			}
			var damage *Damage
			require.ErrorAs(t, err, &damage, "%s %s", key, name)
			require.Equal(t, key, damage.Key)
			require.NoError(t, again.log.SetAside(context.Background()))
			require.True(t, again.log.Empty())
			require.Equal(t, value, broken.Value(file, key))
			again.said = nil
			again.snapshot()
			again.say("x")
			require.Equal(t, []string{"x"}, reopen(t, broken).said)
		}
	}
}

// What is missing at the end cannot be told from what never was.
func TestMissingValues(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a", "b", "c")
	b.snapshot()
	b.say("d", "e", "f", "g", "h")
	for _, key := range disk.Keys(file, "") {
		missing := disk.Copy()
		missing.Put(file, key, nil)
		again := open(t, missing)
		err := again.restore()
		switch {
		case strings.HasPrefix(key, "head"):
			require.NoError(t, err)
		case key == recordKey(b.log.head.generation, 5):
			require.NoError(t, err)
			require.Equal(t, b.said[:7], again.said)
		default:
			var damage *Damage
			require.ErrorAs(t, err, &damage, key)
			require.Equal(t, key, damage.Key)
			require.ErrorContains(t, err, "it is not there")
		}
	}
}

func TestDamagedHead(t *testing.T) {
	disk := disktest.New()
	b := begin(t, disk)
	b.say("a")
	before := len(disk.Keys(file, ""))
	for _, key := range []string{headKey, copyKey} {
		disk.Put(file, key, []byte("nonsense"))
	}
	b = open(t, disk)
	assert.False(t, b.log.Empty())
	assert.EqualError(t, b.restore(), "the value of head cannot be used: its format is of another version of this program")
	assert.ErrorIs(t, b.try("b"), ErrEmpty)
	require.NoError(t, b.log.SetAside(context.Background()))
	assert.Equal(t, "nonsense", string(disk.Value(file, asideKey)))
	b.snapshot()
	b.say("b")
	assert.Equal(t, []string{"b"}, reopen(t, disk).said)
	assert.Len(t, disk.Keys(file, ""), before+3, "what was there is still there: aside/head is new, and a snapshot with a record")
}

// Only what was set aside last is kept.
func TestSetAsideTwice(t *testing.T) {
	disk := disktest.New()
	for i := range 4 {
		b := open(t, disk)
		if i > 0 {
			require.Error(t, b.restore())
			require.NoError(t, b.log.SetAside(context.Background()))
		}
		b.said = nil
		b.snapshot()
		b.say("a", "b")
		b.snapshot()
		b.say("c")
		disk.Put(file, recordKey(b.log.chains.last(), 0), []byte("nonsense"))
		assert.LessOrEqual(t, len(disk.Keys(file, "")), 2+4+1+4, "%v", disk.Keys(file, ""))
	}
}

func TestStorageThatCannotBeReadIsNoDamage(t *testing.T) {
	disk := disktest.New()
	begin(t, disk).say("a", "b")
	for reads := range 5 {
		n := 0
		disk.OnRead(func([]*storage.Operation) error {
			if n++; n > reads {
				return errDisk
			}
			return nil
		})
		l, err := Open(context.Background(), disk.Client(file))
		if err == nil {
			err = (&book{T: t, log: l}).restore()
		}
		var damage *Damage
		require.ErrorIs(t, err, errDisk)
		require.False(t, errors.As(err, &damage))
	}
}

// TestAnyCrashes does all that can be done in random order on a disk that fails, and starts anew again and again, in the
// middle of whatever it was. A write that fails may be done in part, or as a whole: then a crash brings back a record of which
// it was said that it was not written, unless something was written since.
func TestAnyCrashes(t *testing.T) {
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 17))
		disk := disktest.New()
		bad := func(ops []*storage.Operation) disktest.Fault {
			if random.IntN(5) == 0 {
				return disktest.Fault{Done: random.IntN(len(ops) + 1), Err: errDisk}
			}
			return disktest.Fault{Done: len(ops)}
		}
		b, unsure := begin(t, disk), []string(nil)
		restart := func() {
			disk.OnWrite(nil)
			before := b.said
			b = reopen(t, disk)
			if len(b.said) == len(before)+1 && slices.Contains(unsure, b.said[len(before)]) {
				before = b.said
			}
			require.Equal(t, before, b.said, "seed %d", seed)
			unsure = nil
		}
		for n := range 150 {
			disk.OnWrite(bad)
			switch random.IntN(8) {
			case 0:
				if !b.log.Busy() && b.log.Begin(context.Background(), b.shards()) == nil {
					unsure = nil
				}
			case 1, 2, 3:
				_, _ = b.log.Step(context.Background())
			case 4:
				if random.IntN(4) == 0 {
					restart()
				}
			default:
				if b.try(fmt.Sprint(n)) == nil {
					unsure = nil
				} else {
					unsure = append(unsure, fmt.Sprint(n))
				}
			}
		}
		restart()
		b.finish()
		b.snapshot()
		require.Equal(t, b.said, reopen(t, disk).said)
		require.Len(t, b.keys(), 2+len(b.shards())+1, "seed %d: %v", seed, b.keys())
	}
}
