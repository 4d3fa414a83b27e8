package stream

// Bounds of what a point may say. They are the same for whoever translates points and whoever adds them up, so that nothing is
// translated that is dropped behind.
const (
	// MaxCount is where counts leave what a float64, and so a Prometheus-type backend, tells apart. A larger one is nonsense, and sums of
	// smaller ones do not wrap.
	MaxCount = 1 << 53
	// MaxBuckets bounds the memory of a histogram whose bounds are not known beforehand.
	MaxBuckets = 1024
	// MinScale and MaxScale are what an exponential histogram may have (OpenTelemetry metrics data model).
	MinScale, MaxScale = -10, 20
	// MaxValue is more than a point of ours, and a delta of anything, has to say. It leaves room to count on: a counter at the largest
	// float64 stands still.
	MaxValue = 1e15
)
