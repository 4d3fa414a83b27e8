package journal

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// damagings are what happens to values on a disk.
var damagings = []struct {
	name string
	do   func([]byte) []byte
	want error
}{
	{"empty", func(v []byte) []byte { return v[:0] }, errShort},
	{"cut off in the seal", func(v []byte) []byte { return v[:sealSize-1] }, errShort},
	{"cut off", func(v []byte) []byte { return v[:len(v)-1] }, errChecksum},
	{"a bit wrong", func(v []byte) []byte { v[len(v)-1] ^= 4; return v }, errChecksum},
	{"the generation wrong", func(v []byte) []byte { v[generationAt] ^= 1; return v }, errChecksum},
	{"of a later version", func(v []byte) []byte { v[0] = version + 1; return v }, errVersion},
	{"other bytes", func([]byte) []byte { return []byte("{\"a\":\"json document\"}") }, errVersion},
	{"sealed nonsense", func(v []byte) []byte {
		_, generation, _ := unseal(v)
		return seal(append(make([]byte, sealSize), 0xff, 0xff, 0xff, 0x7f, 0, 0, 0), generation)
	}, errShort},
}

// fourRecords has a call of four records between two others.
func fourRecords(t *testing.T) *memory {
	t.Helper()
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("before", 1))
	for n := range 4 {
		add(t, j, steps("a", n))
	}
	add(t, j, steps("after", 1))
	return disk
}

func TestADamagedRecordCostsTheRestOfItsCall(t *testing.T) {
	for _, c := range damagings {
		t.Run(c.name, func(t *testing.T) {
			disk := fourRecords(t)
			damaged := c.do(disk.values["slot/00000001/00000002"])
			disk.values["slot/00000001/00000002"] = damaged
			j, found, err := startDamaged(t, disk)
			require.ElementsMatch(t, []Record{steps("before", 1), steps("a", 0, 1), steps("after", 1)}, found)

			var all Damaged
			require.ErrorAs(t, err, &all)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, Damaged{{
				Key: "slot/00000001/00000002", Call: key("a"), Err: c.want,
				Aside: []string{"damaged/slot/00000001/00000002", "damaged/slot/00000001/00000003"},
			}}, all)
			require.Equal(t, all[0].Aside, disk.keys("damaged/"))
			require.Equal(t, damaged, disk.values["damaged/slot/00000001/00000002"])

			add(t, j, steps("a", 7))
			_, found = start(t, disk)
			require.ElementsMatch(t, []Record{steps("before", 1), steps("a", 0, 1, 7), steps("after", 1)}, found)
		})
	}
}

func TestADamagedHeaderCostsItsCall(t *testing.T) {
	for _, c := range damagings {
		t.Run(c.name, func(t *testing.T) {
			disk := fourRecords(t)
			disk.values["slot/00000001"] = c.do(disk.values["slot/00000001"])
			j, found, err := startDamaged(t, disk)
			require.ElementsMatch(t, []Record{steps("before", 1), steps("after", 1)}, found)

			var all Damaged
			require.ErrorAs(t, err, &all)
			require.Len(t, all, 1)
			require.Equal(t, "slot/00000001", all[0].Key)
			require.Equal(t, call.Key{}, all[0].Call)
			require.ErrorIs(t, all[0], c.want)
			require.Len(t, all[0].Aside, 5)
			require.Equal(t, all[0].Aside, disk.keys("damaged/"))

			add(t, j, steps("a", 7)) // takes the slot
			require.Len(t, disk.keys("slot/00000001"), 2)
			_, found = start(t, disk)
			require.ElementsMatch(t, []Record{steps("before", 1), steps("a", 7), steps("after", 1)}, found)
		})
	}
}

func TestADamagedFirstRecordLeavesNoCall(t *testing.T) {
	disk := fourRecords(t)
	disk.values["slot/00000001/00000000"][3]++
	j, found, err := startDamaged(t, disk)
	require.Len(t, found, 2)
	require.ErrorIs(t, err, errChecksum)
	require.Len(t, disk.keys("damaged/"), 4)
	add(t, j, steps("before", 2))
	require.Empty(t, disk.keys("slot/00000001"), "the next write sweeps the header")
}

func TestADamagedHeadCostsNothing(t *testing.T) {
	for _, c := range damagings {
		t.Run(c.name, func(t *testing.T) {
			disk := fourRecords(t)
			damaged := c.do(disk.values["head"])
			disk.values["head"] = damaged
			j, found, err := startDamaged(t, disk)
			require.ElementsMatch(t, []Record{steps("before", 1), steps("a", 0, 1, 2, 3), steps("after", 1)}, found)
			require.EqualError(t, err, "the journal of open calls is damaged: head cannot be read ("+errors.Unwrap(err.(Damaged)[0]).Error()+
				"); values put aside: 1, from damaged/head on")
			require.Equal(t, damaged, disk.values["damaged/head"])
			add(t, j, steps("new", 1))
			_, found = start(t, disk)
			require.Len(t, found, 4)
		})
	}
}

func TestADamagedHeadHidesNoCallBehindFreeSlots(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	var ids []string
	for i := range 3 * headersAtOnce {
		ids = append(ids, strconv.Itoa(i))
		add(t, j, steps(ids[i], i))
	}
	last := len(ids) - 1
	forget(t, j, ids[:last]...)
	disk.values["head"] = []byte("?")
	j, found, err := startDamaged(t, disk)
	require.ErrorIs(t, err, errVersion)
	require.Equal(t, []Record{steps(ids[last], last)}, found)
	add(t, j, steps("new", 1))
	require.Len(t, disk.keys("slot/00000000"), 2)
}

func TestAHeadThatIsLostCostsNothing(t *testing.T) {
	disk := fourRecords(t)
	delete(disk.values, "head")
	j, found := start(t, disk)
	require.Len(t, found, 3)
	forget(t, j, "a")
	add(t, j, steps("a", 9))
	_, found = start(t, disk)
	require.ElementsMatch(t, []Record{steps("before", 1), steps("a", 9), steps("after", 1)}, found)
}

func TestAHeaderThatIsLostFreesItsSlot(t *testing.T) {
	disk := fourRecords(t)
	delete(disk.values, "slot/00000001")
	j, found := start(t, disk)
	require.Len(t, found, 2)
	add(t, j, steps("b", 9))
	_, found = start(t, disk)
	require.ElementsMatch(t, []Record{steps("before", 1), steps("b", 9), steps("after", 1)}, found)
}

func TestACallWithoutRecordsIsSwept(t *testing.T) {
	disk := newMemory()
	j, _ := start(t, disk)
	add(t, j, steps("a", 1))
	delete(disk.values, "slot/00000000/00000000")
	j, found := start(t, disk)
	require.Empty(t, found)
	forget(t, j, "nobody")
	require.Equal(t, []string{"head"}, disk.keys(""))
}

// TestOfTwoSlotsWithOneCallTheLaterCounts lets a storage without transactions forget a call in part.
func TestOfTwoSlotsWithOneCallTheLaterCounts(t *testing.T) {
	for _, slot := range []uint32{0, 7} {
		disk := newMemory()
		j, _ := start(t, disk)
		add(t, j, steps("other", 1))
		add(t, j, steps("a", 1))
		forget(t, j, "other")
		older := header{call: key("a"), generation: 1}
		body, err := encodeRecord(&Record{Call: key("a"), Entries: steps("a", 8).Entries})
		require.NoError(t, err)
		disk.values[headerKey(slot)] = encodeHeader(older)
		disk.values[recordKey(slot, 0)] = seal(body, 1)
		j, found := start(t, disk)
		require.Equal(t, []Record{steps("a", 1)}, found)
		add(t, j, steps("a", 2))
		require.Empty(t, disk.keys(headerKey(slot)))
		_, found = start(t, disk)
		require.Equal(t, []Record{steps("a", 1, 2)}, found)
	}
}

func TestDamageIsCounted(t *testing.T) {
	disk := fourRecords(t)
	for _, k := range disk.keys("") {
		disk.values[k][1]++
	}
	_, found, err := startDamaged(t, disk)
	require.Empty(t, found)
	require.EqualError(t, err, "the journal of open calls is damaged: head cannot be read (its checksum is wrong); "+
		"values put aside: 1, from damaged/head on (and 3 more)")
	require.Empty(t, disk.keys("slot/"))
	require.Len(t, disk.keys("damaged/"), 10)
}

func TestDamageThatCannotBePutAsideIsTheStoragesError(t *testing.T) {
	disk := fourRecords(t)
	disk.values["slot/00000001/00000002"][1]++
	j, err := Open(context.Background(), disk)
	require.NoError(t, err)
	reads := 0
	disk.fault = func() (error, error) {
		if reads++; reads > 3 { // headers, first records, next records
			return errDisk, nil
		}
		return nil, nil
	}
	_, err = restore(j)
	require.ErrorIs(t, err, errDisk)
	require.False(t, errors.As(err, new(Damaged)))
	disk.fail(nil, nil)
	found, err := restore(j)
	require.ErrorIs(t, err, errChecksum)
	require.Len(t, found, 3)
	require.NoError(t, j.Close(context.Background()))
}

// FuzzRestore opens a journal on whatever a disk may hold.
func FuzzRestore(f *testing.F) {
	f.Add(uint8(1), encodeHeader(header{call: key("a"), generation: 1}), []byte("x"), []byte{})
	f.Fuzz(func(t *testing.T, slots uint8, header, first, second []byte) {
		disk := newMemory()
		// A head that is damaged has all slots that there may be looked at, which takes long: the tests above do it.
		disk.values[headKey] = encodeHead(head{slots: uint32(slots), generation: 1})
		disk.values[headerKey(0)] = header
		disk.values[recordKey(0, 0)], disk.values[recordKey(0, 1)] = first, second
		j, err := Open(context.Background(), disk)
		require.NoError(t, err)
		if _, err = restore(j); err != nil {
			require.ErrorAs(t, err, new(Damaged))
		}
		add(t, j, steps("new", 1))
		require.NoError(t, j.Close(context.Background()))
		j, err = Open(context.Background(), disk)
		require.NoError(t, err)
		found, err := restore(j)
		require.NoError(t, err, "what was damaged is aside")
		require.NotEmpty(t, found)
		require.NoError(t, j.Close(context.Background()))
	})
}
