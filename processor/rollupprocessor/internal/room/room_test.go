package room

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFit(t *testing.T) {
	for name, test := range map[string]struct {
		most, left int
		copied     bool
	}{
		"all is left":   {8192, 8192, false},
		"an eighth is":  {8192, 1024, true},
		"more than it":  {8192, 1025, false},
		"nothing is":    {8192, 0, true},
		"little was":    {1024, 0, false},
		"nothing to be": {0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			m, most := map[int]int{}, 0
			for i := range test.most {
				m[i] = i
			}
			assert.Equal(t, reflect.ValueOf(m).Pointer(), reflect.ValueOf(Fit(m, &most)).Pointer(), "it is as large as ever")
			for i := test.left; i < test.most; i++ {
				delete(m, i)
			}
			fit := Fit(m, &most)
			assert.Equal(t, test.copied, reflect.ValueOf(m).Pointer() != reflect.ValueOf(fit).Pointer())
			assert.Equal(t, m, fit)
			if test.copied {
				assert.Equal(t, test.left, most)
			}
		})
	}
}
