package call

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Numbers may come in any order, and a copy is another set.
func TestNumbers(t *testing.T) {
	var n numbers
	assert.True(t, n.add(3))
	assert.True(t, n.add(1))
	assert.False(t, n.add(3))
	copied := n
	assert.True(t, copied.add(200))
	assert.True(t, n.add(200))
	assert.True(t, n.add(2))
	assert.True(t, copied.add(2))
	assert.True(t, n.add(0))
	assert.True(t, n.add(0), "no number")
	assert.True(t, n.add(maxNumber+1))
	assert.False(t, n.add(maxNumber+1))
	assert.False(t, n.add(maxNumber), "beyond the bits they are taken to come in order")
	assert.Len(t, n.bits, 4)
	assert.True(t, n.has(200))
	assert.False(t, n.has(199))
	assert.False(t, n.has(256), "there is no bit yet")
}
