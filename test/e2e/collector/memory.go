package collector

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// PeakRSS is the most memory that the process has held at any moment, in bytes. Linux only.
func (c *Collector) PeakRSS() int64 {
	c.tb.Helper()
	path := fmt.Sprintf("/proc/%d/status", c.command.Process.Pid)
	status, err := os.ReadFile(path)
	require.NoError(c.tb, err)
	for line := range strings.Lines(string(status)) {
		if kibibytes, found := strings.CutPrefix(line, "VmHWM:"); found {
			size, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kibibytes), "kB")), 10, 64)
			require.NoError(c.tb, err)
			return size << 10
		}
	}
	require.FailNow(c.tb, "no VmHWM in "+path)
	return 0
}
