package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// The keys. Numbers have a fixed width, so that what belongs together lies together where the storage sorts its keys.
const (
	headKey  = "head"
	copyKey  = "head/copy"
	asideKey = "aside/head"
)

func shardKey(generation uint64, n int) string {
	return fmt.Sprintf("snapshot/%016x/%08x", generation, n)
}

func recordKey(generation uint64, n int) string { return fmt.Sprintf("log/%016x/%08x", generation, n) }

// Every value begins with a seal: the version of the format, a checksum of what follows, and the place that it belongs to, so
// that nothing is taken for something else that was there before.
const (
	version      = 1
	checksumAt   = 1
	kindAt       = checksumAt + 4
	generationAt = kindAt + 1
	numberAt     = generationAt + 8

	// SealSize is how many bytes a record and a shard have to leave free at their start.
	SealSize = numberAt + 4
)

type kind byte

const (
	aHead kind = iota + 1
	aShard
	aRecord
)

// Errors of a value that cannot be read.
var (
	errVersion  = errors.New("its format is of another version of this program")
	errChecksum = errors.New("its checksum is wrong")
	errShort    = errors.New("it is cut off")
	errPlace    = errors.New("it belongs elsewhere")
	errShape    = errors.New("it is not what this program writes")
	errMissing  = errors.New("it is not there")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal fills in the first SealSize bytes of a value.
func seal(value []byte, what kind, generation uint64, n int) []byte {
	value[0], value[kindAt] = version, byte(what)
	binary.LittleEndian.PutUint64(value[generationAt:], generation)
	binary.LittleEndian.PutUint32(value[numberAt:], uint32(n))
	binary.LittleEndian.PutUint32(value[checksumAt:], crc32.Checksum(value[kindAt:], castagnoli))
	return value
}

// unseal returns what is behind the seal.
func unseal(value []byte, what kind, generation uint64, n int) ([]byte, error) {
	switch {
	case value == nil:
		return nil, errMissing
	case len(value) == 0:
		return nil, errShort
	case value[0] != version:
		return nil, errVersion
	case len(value) < SealSize:
		return nil, errShort
	case binary.LittleEndian.Uint32(value[checksumAt:]) != crc32.Checksum(value[kindAt:], castagnoli):
		return nil, errChecksum
	case value[kindAt] != byte(what), binary.LittleEndian.Uint64(value[generationAt:]) != generation,
		binary.LittleEndian.Uint32(value[numberAt:]) != uint32(n):
		return nil, errPlace
	}
	return value[SealSize:], nil
}

// head says which snapshot holds. Its log begins in the generation of the snapshot and goes on in later ones.
type head struct {
	generation uint64
	oldest     uint64 // the lowest generation of which something may still be there
	shards     int
	size       int64 // of the snapshot in bytes
}

const headBytes = 8 + 4 + 8

func encodeHead(h head) []byte {
	value := make([]byte, SealSize, SealSize+headBytes)
	value = binary.LittleEndian.AppendUint64(value, h.oldest)
	value = binary.LittleEndian.AppendUint32(value, uint32(h.shards))
	value = binary.LittleEndian.AppendUint64(value, uint64(h.size))
	return seal(value, aHead, h.generation, 0)
}

func decodeHead(value []byte) (head, error) {
	generation := uint64(0)
	if len(value) >= SealSize {
		generation = binary.LittleEndian.Uint64(value[generationAt:])
	}
	body, err := unseal(value, aHead, generation, 0)
	if err != nil {
		return head{}, err
	}
	if len(body) != headBytes {
		return head{}, errShape
	}
	h := head{
		generation: generation,
		oldest:     binary.LittleEndian.Uint64(body),
		shards:     int(binary.LittleEndian.Uint32(body[8:])),
		size:       int64(binary.LittleEndian.Uint64(body[12:])),
	}
	if h.oldest > h.generation || h.size < 0 {
		return head{}, errShape
	}
	return h, nil
}
