package door

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSeldom(t *testing.T) {
	var s Seldom
	var said []time.Duration
	for at := time.Duration(0); at < 3*Quiet; at += Quiet / 4 {
		if s.Due(began.Add(at)) {
			said = append(said, at)
		}
	}
	assert.Equal(t, []time.Duration{0, Quiet, 2 * Quiet}, said)
}

// Of many at once, one says it.
func TestSeldomAtOnce(t *testing.T) {
	var s Seldom
	var said atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if s.Due(began) {
				said.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, said.Load())
}
