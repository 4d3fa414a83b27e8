package voicemetricsprocessor

import (
	"math/bits"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// source is who reports a scope's points.
type source struct {
	resource pcommon.Resource
	scope    pcommon.InstrumentationScope
}

func (s source) digest() uint64 {
	scope := mix(digest(s.scope.Name(), s.scope.Attributes()), xxhash.Sum64String(s.scope.Version()))
	return mix(digest("", s.resource.Attributes()), scope)
}

// digest is the same in every process, whatever the order of the attributes.
func digest(name string, attributes pcommon.Map) uint64 {
	sum := xxhash.Sum64String(name)
	for key, value := range attributes.All() {
		sum += mix(xxhash.Sum64String(key), xxhash.Sum64String(value.AsString()))
	}
	return sum
}

// mix makes one number of two, so that exchanging values between keys makes another sum.
func mix(key, value uint64) uint64 {
	const odd = 0x9E3779B97F4A7C15
	hi, lo := bits.Mul64(key^odd, value^bits.RotateLeft64(odd, 32))
	return hi ^ lo
}

func streamText(stream uint64) string { return strconv.FormatUint(stream, 16) }
