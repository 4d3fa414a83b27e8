package series

import (
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/room"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/value"
)

const tick = pcommon.Timestamp(time.Millisecond)

// Settings of a store. A call's series end when none of them has changed for Linger; until then they are sent at least every
// Resend. A call that goes on within Remember after its last change does so in the same series, unless there are many. Beyond
// MaxSeries, what is new is folded into one overflow series per family, and families that are new have nothing but it.
type Settings struct {
	Linger    time.Duration
	Resend    time.Duration
	Remember  time.Duration
	MaxSeries int
}

// overflowRoom is how many series there may be beyond MaxSeries before families that are new have no overflow series: who
// makes up services and metrics makes up no end of them.
const overflowRoom = 10_000

// Store is all output series. It is not safe for concurrent use.
type Store struct {
	set      Settings
	instance string // service.instance.id of all that leaves
	services map[ident.Service]*service
	order    []*service
	families map[Key]*Family
	bounds   map[string][]float64 // of histograms that nobody knew beforehand, by metric name
	calls    map[callKey]*Call
	most     int // calls
	series   int
	labels   ident.Writer

	now      pcommon.Timestamp // of the last Arrive
	earliest pcommon.Timestamp // that a flush may bear, so that it is behind no start and no arrival

	epoch      uint64            // of the flush to come
	accepted   uint64            // epoch of the last accepted flush
	flushedAt  pcommon.Timestamp // time of the last flush
	acceptedAt pcommon.Timestamp // time of the last accepted flush
}

type service struct {
	ident.Service
	families []*Family
}

// NewStore is an empty store. Instance is the service.instance.id of all that leaves.
func NewStore(instance string, set Settings) *Store {
	return &Store{
		set:      set,
		instance: instance,
		services: make(map[ident.Service]*service),
		families: make(map[Key]*Family),
		bounds:   make(map[string][]float64),
		calls:    make(map[callKey]*Call),
		epoch:    1,
	}
}

// Configure changes the settings.
func (st *Store) Configure(set Settings) { st.set = set }

// InstanceID is the service.instance.id of all that leaves.
func (st *Store) InstanceID() string { return st.instance }

// Retire ends all series of a kind once their last values were accepted: there will be no more of it.
func (st *Store) Retire(kind Kind) {
	for key, family := range st.families {
		family.retired = key.Kind == kind
	}
}

// Series is the number of series that live.
func (st *Store) Series() int { return st.series }

// Largest is the family that has most series, and how many.
func (st *Store) Largest() (largest Key, n int) {
	for _, owner := range st.order {
		for _, family := range owner.families {
			if len(family.order) > n {
				largest, n = family.key, len(family.order)
			}
		}
	}
	return largest, n
}

// Calls is the number of calls that have series of their own.
func (st *Store) Calls() int { return len(st.calls) }

// Arrive sets the arrival time of what comes next. It does not go back when the clock does.
func (st *Store) Arrive(now time.Time) {
	st.now = max(st.now, milliseconds(now))
	st.earliest = max(st.earliest, st.now)
}

func milliseconds(t time.Time) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(t.Truncate(time.Millisecond))
}

// Family is the family of that key, or nil if it has no series yet.
func (st *Store) Family(key Key) *Family { return st.families[key] }

// Bounds are the bounds in which histograms of that name are held, or nil if none are adopted yet.
func (st *Store) Bounds(name string) []float64 { return st.bounds[name] }

// Adopt holds histograms of that name in these bounds from now on. It is false when there is no room for more names.
func (st *Store) Adopt(name string, bounds []float64) bool {
	if len(st.bounds) >= st.set.MaxSeries+overflowRoom {
		return false
	}
	st.bounds[name] = bounds
	return true
}

// About is what a family is made with when its first series is opened.
type About struct {
	Key
	Unit        string
	Description string
	Bounds      []float64
}

// Open makes the series that view describes, whose digest Find did not find. At the limit it is the family's overflow
// series, or nil when the family itself is new and there is no room even for that.
func (st *Store) Open(about *About, digest ident.Digest, view ident.View) *Series {
	full := st.series >= st.set.MaxSeries
	family := st.families[about.Key]
	switch {
	case family == nil && st.series >= st.set.MaxSeries+overflowRoom:
		return nil
	case family == nil:
		family = st.addFamily(about)
	case full && family.overflow != nil:
		return family.overflow
	}
	s := st.newSeries(family)
	if full {
		s.overflow = true
	} else {
		s.key, s.labels, s.call = digest, st.labels.Labels(view), st.call(about.Service, view.CallID())
	}
	family.insert(s)
	return s
}

func (st *Store) addFamily(about *About) *Family {
	family := &Family{
		key:         about.Key,
		unit:        about.Unit,
		description: about.Description,
		bounds:      about.Bounds,
	}
	owner := st.service(about.Service)
	owner.families = append(owner.families, family)
	st.families[about.Key] = family
	return family
}

func (st *Store) service(id ident.Service) *service {
	owner, ok := st.services[id]
	if !ok {
		owner = &service{Service: id}
		st.services[id] = owner
		st.order = append(st.order, owner)
	}
	return owner
}

// newSeries starts one tick before its first value came, and after all that was sent so far: the same labels may have
// ended in the flush just before, and a backend wants time to go on.
func (st *Store) newSeries(family *Family) *Series {
	st.series++
	s := &Series{family: family, start: max(st.now-tick, st.flushedAt+tick)}
	st.earliest = max(st.earliest, s.start+tick)
	if family.key.Kind.isHistogram() {
		s.histogram = newHistogram(family.bounds)
	}
	return s
}

func (st *Store) call(owner ident.Service, id string) *Call {
	if id == "" {
		return nil
	}
	key := callKey{owner, st.labels.Share(id)}
	c, ok := st.calls[key]
	if !ok {
		c = &Call{key: key}
		st.calls[key] = c
	}
	c.series++
	return c
}

// forget takes s out of everything but the order of its family, which sweeps it. Input streams may hold s for ever, so
// it lets go of all that it has.
func (st *Store) forget(s *Series) {
	st.series--
	s.family.remove(s)
	if s.call != nil {
		st.leaveCall(s.call)
	}
	*s = Series{gone: true}
}

func (st *Store) leaveCall(c *Call) {
	if c.series--; c.series == 0 {
		delete(st.calls, c.key)
	}
}

// prune takes out the families that have no series any more, and the services that have no families, and gives back the room of
// what is no more.
func (st *Store) prune() {
	st.calls = room.Fit(st.calls, &st.most)
	st.order = slices.DeleteFunc(st.order, func(owner *service) bool {
		owner.families = slices.DeleteFunc(owner.families, st.pruned)
		if len(owner.families) > 0 {
			return false
		}
		delete(st.services, owner.Service)
		return true
	})
}

// pruned takes the family out if it is empty, and says whether it did.
func (st *Store) pruned(family *Family) bool {
	if len(family.order) > 0 {
		family.byDigest.Fit()
		return false
	}
	delete(st.families, family.key)
	return true
}

// Add adds n for good.
func (st *Store) Add(s *Series, n value.Number) {
	st.accumulate(s)
	s.total.Add(n)
}

// AddSince adds what a cumulative n has more than its earlier state was.
func (st *Store) AddSince(s *Series, n, was value.Number) {
	st.accumulate(s)
	s.total.Add(n)
	s.total.Subtract(was)
}

// AddHistogram adds d for good.
func (st *Store) AddHistogram(s *Series, d *value.Distribution) {
	st.accumulate(s)
	s.histogram.Add(d)
}

// AddHistogramSince adds what a cumulative d has more than its earlier state was.
func (st *Store) AddHistogramSince(s *Series, d, was *value.Distribution) {
	st.accumulate(s)
	s.histogram.AddSince(d, was)
}

// AddHistogramBuckets adds d, which is the buckets that a cumulative histogram has more than before; of its sums are both.
func (st *Store) AddHistogramBuckets(s *Series, d *value.Distribution, sum, was float64) {
	st.accumulate(s)
	s.histogram.AddBuckets(d, sum, was)
}

// Join makes n, the last value of an input stream that s did not have, part of s.
func (st *Store) Join(s *Series, n value.Number) {
	st.touch(s)
	s.observers++
	s.total.Add(n)
}

// Move replaces the last value of an input stream that s has.
func (st *Store) Move(s *Series, n, was value.Number) {
	st.touch(s)
	s.total.Add(n)
	s.total.Subtract(was)
}

// Leave takes the last value of an input stream out of s, a series without a call.
func (st *Store) Leave(s *Series, was value.Number) {
	s.changed = st.epoch
	s.observers--
	s.total.Subtract(was)
}

func (st *Store) accumulate(s *Series) {
	if s.changed == 0 {
		s.zero = st.epoch
	}
	s.accumulates = true
	st.touch(s)
}

func (st *Store) touch(s *Series) {
	s.changed = st.epoch
	if s.call != nil {
		s.call.changed = st.epoch
		s.call.at = st.now
	}
}
