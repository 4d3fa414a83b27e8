//go:build unix

// Package meter measures what benchmarks cost in CPU time of this process, kernel included, which other processes on the
// machine disturb less than time that passes; and in allocations.
package meter

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Meter is what had been spent at its start.
type Meter struct {
	cpu     time.Duration
	mallocs uint64
}

// Start starts a meter, on a heap that has just been cleaned.
func Start() Meter {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return Meter{cpu: spent(), mallocs: memory.Mallocs}
}

// Report adds to a benchmark what n units of work ("frame") have cost since the start.
func (m Meter) Report(b *testing.B, n int, unit string) {
	cpu := spent() - m.cpu
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(n), "cpu-ns/"+unit)
	b.ReportMetric(float64(n)/cpu.Seconds(), unit+"s/s/core")
	b.ReportMetric(float64(memory.Mallocs-m.mallocs)/float64(n), "allocs/"+unit)
}

func spent() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
