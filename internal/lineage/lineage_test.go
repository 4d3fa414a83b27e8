package lineage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func (m *Memory[S]) learn(id ID, more S) (lessons []Lesson[S], added bool) {
	known, young := m.Of(id)
	added = m.Learn(id, known, young, more, &lessons)
	return lessons, added
}

func TestIDs(t *testing.T) {
	trace, span := [16]byte{1}, [8]byte{2}
	assert.Zero(t, IDOf(trace, [8]byte{}))
	assert.Equal(t, IDOf(trace, span), IDOf(trace, span))
	assert.NotEqual(t, IDOf(trace, span), IDOf([16]byte{3}, span))
	assert.NotEqual(t, IDOf(trace, span), IDOf(trace, [8]byte{3}))
}

func TestLearn(t *testing.T) {
	m := New[uint8](10)
	lessons, added := m.learn(1, 0b011)
	assert.True(t, added)
	assert.Equal(t, []Lesson[uint8]{{1, 0b011}}, lessons)
	lessons, added = m.learn(1, 0b110)
	assert.True(t, added)
	assert.Equal(t, []Lesson[uint8]{{1, 0b100}}, lessons, "what is new")
	for name, tell := range map[string]func() ([]Lesson[uint8], bool){
		"known":  func() ([]Lesson[uint8], bool) { return m.learn(1, 0b101) },
		"of one": func() ([]Lesson[uint8], bool) { return m.learn(1, 0) },
		"nobody": func() ([]Lesson[uint8], bool) { return m.learn(0, 1) },
	} {
		lessons, added = tell()
		assert.Empty(t, lessons, name)
		assert.False(t, added, name)
	}
	assert.Equal(t, 1, m.Len())
}

// What is learnt again is young again, with all that was known, and teaches nothing.
func TestGenerations(t *testing.T) {
	m := New[uint8](10)
	m.Age(now)
	m.learn(1, 0b01)
	m.learn(2, 0b01)
	m.Age(now.Add(Timeout - 1))
	_, young := m.Of(1)
	assert.True(t, young)
	m.Age(now.Add(Timeout))
	known, young := m.Of(1)
	assert.Equal(t, uint8(0b01), known)
	assert.False(t, young)
	lessons, added := m.learn(1, 0b01)
	assert.Empty(t, lessons)
	assert.True(t, added)
	m.Age(now.Add(2 * Timeout))
	known, _ = m.Of(1)
	assert.Equal(t, uint8(0b01), known)
	known, _ = m.Of(2)
	assert.Zero(t, known)
	for id := range ID(1000) {
		m.Age(now.Add(2 * Timeout))
		m.learn(id+10, 1)
		assert.LessOrEqual(t, m.Len(), 20)
	}
}

// What a refused request has taught is forgotten in either generation, and nothing that was known before.
func TestUnlearn(t *testing.T) {
	for name, later := range map[string]time.Duration{"young": 0, "old": Timeout} {
		m := New[uint8](10)
		m.Age(now)
		m.learn(1, 0b01)
		first, _ := m.learn(1, 0b10)
		second, _ := m.learn(2, 0b01)
		m.Age(now.Add(later))
		m.Unlearn(append(first, second...))
		known, _ := m.Of(1)
		assert.Equal(t, uint8(0b01), known, name)
		known, _ = m.Of(2)
		assert.Zero(t, known, name)
		assert.Equal(t, 1, m.Len(), name)
	}
}
