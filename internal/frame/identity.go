package frame

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/cespare/xxhash/v2"
)

// ID is a message's identity within its call: a re-sent message has the same one, on every collector and
// after every restart. Zero means that the message has no identity and two alike are two.
//
// 64 bits are enough because an ID is only ever compared within one call: at 100,000 messages a call, two
// different ones coincide once in four billion calls.
type ID uint64

// NameID is the identity of a message to which the bot's framework gave an id of its own. Frameworks number
// per message class or per process, so the class is part of the name.
func NameID(class, id string) ID {
	digest := xxhash.New()
	_, _ = digest.WriteString(class)
	_, _ = digest.WriteString("\x00")
	_, _ = digest.WriteString(id)
	return nonZero(digest.Sum64())
}

// DigestID is the identity of a message without an id but with a timestamp: its bytes. Without a timestamp two
// equal messages may well be two events, so such a message has no identity.
func DigestID(message []byte) ID {
	return nonZero(xxhash.Sum64(message))
}

// String is the identity as it travels on points: 16 hexadecimal digits, or "" for none.
func (id ID) String() string {
	if id == 0 {
		return ""
	}
	var bytes [8]byte
	binary.BigEndian.PutUint64(bytes[:], uint64(id))
	return hex.EncodeToString(bytes[:])
}

func nonZero(sum uint64) ID {
	if sum == 0 {
		return 1
	}
	return ID(sum)
}
