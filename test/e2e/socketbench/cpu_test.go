//go:build unix

package socketbench

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// meter measures what work costs in CPU time of this process, kernel included, which other processes on the machine
// disturb less than time that passes; and in allocations.
type meter struct {
	cpu     time.Duration
	mallocs uint64
}

func startCPU() meter {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return meter{cpu: spent(), mallocs: memory.Mallocs}
}

// report adds what so many frames have cost since.
func (m meter) report(b *testing.B, frames int) {
	cpu := spent() - m.cpu
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(frames), "cpu-ns/frame")
	b.ReportMetric(float64(frames)/cpu.Seconds(), "frames/s/core")
	b.ReportMetric(float64(memory.Mallocs-m.mallocs)/float64(frames), "allocs/frame")
}

func spent() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
