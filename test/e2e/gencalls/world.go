package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
)

const (
	seed = 20251124
	// epoch is when the first call begins, in Unix milliseconds: the moment of the guide's example.
	epoch = 1764000000000
)

// message is a line of the fixture and its moment in Unix milliseconds.
type message struct {
	at   int64
	text []byte
}

// world is all calls together: chance, what has been sent, and what it must come to.
type world struct {
	chance   *rand.Rand
	messages []message
	books    *books
}

func newWorld() *world {
	return &world{chance: rand.New(rand.NewPCG(seed, seed)), books: newBooks()}
}

// between is a number from low to high, both included.
func (w *world) between(low, high int64) int64 { return low + w.chance.Int64N(high-low+1) }

// lines is the messages of all calls in the order of their time: calls overlap, as they do in life.
func (w *world) lines() []byte {
	slices.SortStableFunc(w.messages, func(a, b message) int { return int(a.at - b.at) })
	var text bytes.Buffer
	for _, m := range w.messages {
		text.Write(m.text)
		text.WriteByte('\n')
	}
	return text.Bytes()
}

// uuid is a call id as bots mint them.
func (w *world) uuid() string {
	high, low := w.chance.Uint64(), w.chance.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x",
		high>>32, high>>16&0xffff, high&0xfff, low>>48&0xfff, low&0xffffffffffff)
}
