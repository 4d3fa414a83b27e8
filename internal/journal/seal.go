package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

// The keys. Numbers have a fixed width, so that a call's records lie together where the storage sorts its keys.
const (
	headKey      = "head"
	slotPrefix   = "slot/"
	damagePrefix = "damaged/"
)

func headerKey(slot uint32) string {
	return string(appendNumber([]byte(slotPrefix), slot))
}

func recordKey(slot, n uint32) string {
	key := append(make([]byte, 0, len(slotPrefix)+17), slotPrefix...)
	key = append(appendNumber(key, slot), '/')
	return string(appendNumber(key, n))
}

// damagedKey is where a value that cannot be read goes, in place of an older one.
func damagedKey(key string) string { return damagePrefix + key }

func appendNumber(b []byte, n uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[n>>shift&0xf])
	}
	return b
}

// Every value begins with a seal: the version of its format, a checksum of what follows, and the generation of its call.
const (
	version        = 1
	checksumAt     = 1
	generationAt   = checksumAt + 4
	sealSize       = generationAt + 8
	bytesPerHeader = 64
	maxSlots       = 1 << 24 // far more calls than can be open at once
)

// Errors of a value that cannot be read.
var (
	errVersion  = errors.New("its format is of another version of this program")
	errChecksum = errors.New("its checksum is wrong")
	errShort    = errors.New("it is cut off")
	errShape    = errors.New("it is not what this program writes")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal fills in the first sealSize bytes of a value.
func seal(value []byte, generation uint64) []byte {
	value[0] = version
	binary.LittleEndian.PutUint64(value[generationAt:], generation)
	binary.LittleEndian.PutUint32(value[checksumAt:], crc32.Checksum(value[generationAt:], castagnoli))
	return value
}

// unseal returns what is behind the seal.
func unseal(value []byte) (body []byte, generation uint64, err error) {
	switch {
	case len(value) == 0:
		return nil, 0, errShort
	case value[0] != version:
		return nil, 0, errVersion
	case len(value) < sealSize:
		return nil, 0, errShort
	case binary.LittleEndian.Uint32(value[checksumAt:]) != crc32.Checksum(value[generationAt:], castagnoli):
		return nil, 0, errChecksum
	}
	return value[sealSize:], binary.LittleEndian.Uint64(value[generationAt:]), nil
}

// head is what the journal knows of its slots as a whole.
type head struct {
	slots      uint32 // the slots from here on were never used
	generation uint64 // the last that was given to a call
}

func encodeHead(h head) []byte {
	value := binary.LittleEndian.AppendUint32(make([]byte, sealSize, sealSize+4), h.slots)
	return seal(value, h.generation)
}

func decodeHead(value []byte) (head, error) {
	body, generation, err := unseal(value)
	if err != nil {
		return head{}, err
	}
	if len(body) != 4 {
		return head{}, errShape
	}
	h := head{slots: binary.LittleEndian.Uint32(body), generation: generation}
	if h.slots > maxSlots {
		return head{}, errShape
	}
	return h, nil
}

// header is whose a slot is.
type header struct {
	call       call.Key
	generation uint64
}

func encodeHeader(h header) []byte {
	e := encoder{buf: make([]byte, sealSize, sealSize+bytesPerHeader)}
	e.text(h.call.Tenant)
	e.text(h.call.ID)
	return seal(e.buf, h.generation)
}

func decodeHeader(value []byte) (header, error) {
	body, generation, err := unseal(value)
	if err != nil {
		return header{}, err
	}
	d := decoder{rest: body}
	key := call.Key{Tenant: d.text(), ID: d.text()}
	if d.err == nil && len(d.rest) > 0 {
		d.err = errShape
	}
	return header{call: key, generation: generation}, d.err
}
