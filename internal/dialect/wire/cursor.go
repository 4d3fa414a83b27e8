package wire

import (
	"bytes"
	"strconv"
	"strings"
)

// Cursor reads JSON in one pass and without room of its own: for messages that come often and mostly look alike. It reads
// no less strictly than Unmarshal, but it words no errors: where anything is wrong, or only unusual (an escape in a text that
// is wanted), it is no longer clear, and whoever asked decodes the message by Unmarshal, which says what is the matter.
//
// Each method takes the value that the cursor stands at.
type Cursor struct {
	data    []byte
	pos     int
	depth   int
	unclear bool
	texts   *Texts
}

// Bounds of what is read at a glance. They are beyond any message that comes often.
const (
	maxNames = 24 // in one object
	maxNests = 16
)

// NewCursor stands at the one value that message holds. Texts that it hands out are copies, kept in texts.
func NewCursor(message []byte, texts *Texts) Cursor {
	c := Cursor{data: message, texts: texts}
	c.space()
	return c
}

// Clear says whether all of the message was read and understood.
func (c *Cursor) Clear() bool { return !c.unclear && c.pos == len(c.data) }

// Doubt makes the cursor unclear, and ends the reading: what was read is not what the caller can use.
func (c *Cursor) Doubt() {
	c.unclear = true
	c.pos = len(c.data)
}

// Object visits the members of an object. The visitor has to take each value, and may not keep the name.
func (c *Cursor) Object(visit func(name []byte)) {
	var names [maxNames][]byte
	known := names[:0]
	c.each('{', '}', func() {
		name := c.name()
		if len(known) == maxNames || holds(known, name) {
			c.Doubt() // Unmarshal refuses a name that stands twice
			return
		}
		known = append(known, name)
		visit(name)
	})
}

// holds says whether a name is among those that are known. Most names differ by their length already.
func holds(known [][]byte, name []byte) bool {
	for _, other := range known {
		if bytes.Equal(other, name) {
			return true
		}
	}
	return false
}

// name reads the name of a member and stands at its value. Two names that are plain are the same if their bytes are.
func (c *Cursor) name() []byte {
	name := c.plain()
	c.space()
	c.expect(':')
	c.space()
	return name
}

// Array visits the elements of an array. The visitor has to take each.
func (c *Cursor) Array(visit func()) { c.each('[', ']', visit) }

func (c *Cursor) each(open, end byte, visit func()) {
	c.expect(open)
	if c.depth++; c.depth > maxNests {
		c.Doubt()
	}
	c.space()
	for more := c.peek() != end; more && !c.unclear; more = c.follows() {
		visit()
	}
	c.depth--
	c.expect(end)
	c.space()
}

// follows says whether another member follows, and stands at it.
func (c *Cursor) follows() bool {
	if c.peek() != ',' {
		return false
	}
	c.pos++
	c.space()
	return true
}

// Text reads a plain string; null is an empty one.
func (c *Cursor) Text() string {
	if c.Null() {
		return ""
	}
	text := c.texts.of(c.plain())
	c.space()
	return text
}

// ID reads an ID.
func (c *Cursor) ID() ID {
	if kind := c.peek(); kind == '"' || kind == 'n' {
		return ID(c.Text())
	}
	return ID(c.number())
}

// Time reads a Time.
func (c *Cursor) Time() Time {
	var t Time
	var err error
	switch {
	case c.Null():
	case c.peek() == '"':
		err = t.parse(string(c.plain()))
		c.space()
	default:
		err = t.fromUnix(c.float())
	}
	if err != nil {
		c.Doubt()
	}
	return t
}

func (c *Cursor) float() float64 {
	f, err := strconv.ParseFloat(string(c.number()), 64)
	if err != nil {
		c.Doubt()
	}
	return f
}

// Integer reads a whole number without fraction or exponent; null is 0.
func (c *Cursor) Integer() int64 {
	if c.Null() {
		return 0
	}
	n, err := strconv.ParseInt(string(c.number()), 10, 64)
	if err != nil {
		c.Doubt()
	}
	return n
}

// Raw reads any value and returns it as it is written, a part of the message.
func (c *Cursor) Raw() []byte {
	start := c.pos
	c.Skip()
	return bytes.TrimRight(c.data[start:c.pos], " \t\r\n")
}

// Skip reads any value.
func (c *Cursor) Skip() {
	switch c.peek() {
	case '{':
		c.Object(func([]byte) { c.Skip() })
	case '[':
		c.Array(c.Skip)
	case '"':
		c.any()
	case 'n':
		c.literal("null")
	case 't':
		c.literal("true")
	case 'f':
		c.literal("false")
	default:
		c.number()
	}
}

// Null takes null, if the cursor stands at it.
func (c *Cursor) Null() bool {
	if c.peek() != 'n' {
		return false
	}
	c.literal("null")
	return true
}

func (c *Cursor) literal(word string) {
	for i := range len(word) {
		c.expect(word[i])
	}
	c.space()
}

// plain reads a string that stands for itself: of ASCII, without escapes.
func (c *Cursor) plain() []byte {
	c.expect('"')
	rest := c.data[c.pos:]
	length := 0
	for length < len(rest) && isPlain[rest[length]] {
		length++
	}
	c.pos += length
	c.expect('"')
	return rest[:length]
}

var isPlain = func() (plain [256]bool) {
	for b := ' '; b <= '~'; b++ {
		plain[b] = b != '"' && b != '\\'
	}
	return plain
}()

// any reads any string, of which nothing is kept.
func (c *Cursor) any() {
	c.expect('"')
	for c.pos < len(c.data) && c.data[c.pos] != '"' {
		switch b := c.data[c.pos]; {
		case b < ' ':
			c.Doubt()
		case b == '\\':
			c.escape()
		default:
			c.pos++
		}
	}
	c.expect('"')
	c.space()
}

// escape passes over an escape in a string. Half a surrogate is one as well: Unmarshal mends it.
func (c *Cursor) escape() {
	c.pos++
	if c.peek() == 'u' && c.pos+4 < len(c.data) {
		_, err := strconv.ParseUint(string(c.data[c.pos+1:c.pos+5]), 16, 16)
		c.pos += 5
		if err != nil {
			c.Doubt()
		}
		return
	}
	if strings.IndexByte(`"\/bfnrt`, c.peek()) < 0 {
		c.Doubt()
		return
	}
	c.pos++
}

// number reads a number as JSON has them.
func (c *Cursor) number() []byte {
	start := c.pos
	if c.peek() == '-' {
		c.pos++
	}
	if c.peek() == '0' {
		c.pos++
	} else {
		c.digits()
	}
	if c.peek() == '.' {
		c.pos++
		c.digits()
	}
	if c.peek()|0x20 == 'e' {
		c.exponent()
	}
	number := c.data[start:c.pos]
	c.space()
	return number
}

func (c *Cursor) exponent() {
	c.pos++
	if sign := c.peek(); sign == '+' || sign == '-' {
		c.pos++
	}
	c.digits()
}

// digits passes over digits, of which there has to be one.
func (c *Cursor) digits() {
	start := c.pos
	for b := c.peek(); b >= '0' && b <= '9'; b = c.peek() {
		c.pos++
	}
	if c.pos == start {
		c.Doubt()
	}
}

// peek is the byte that the cursor stands at, or 0 at the end.
func (c *Cursor) peek() byte {
	if c.pos < len(c.data) {
		return c.data[c.pos]
	}
	return 0
}

func (c *Cursor) expect(b byte) {
	if c.peek() != b {
		c.Doubt()
		return
	}
	c.pos++
}

func (c *Cursor) space() {
	for c.pos < len(c.data) && c.data[c.pos] <= ' ' && isSpace[c.data[c.pos]] {
		c.pos++
	}
}

var isSpace = [256]bool{' ': true, '\t': true, '\r': true, '\n': true}
