package join

import "time"

// enter makes a trace known. Where there are too many, the one of which nothing was heard for longest is forgotten.
func (j *Joiner) enter(id [16]byte, owner string, now time.Time) *trace {
	if len(j.traces) >= j.config.MaxTraces {
		j.evict(j.oldest)
	}
	t := &trace{id: id, owner: owner, seen: now}
	j.traces[id] = t
	j.append(t)
	return t
}

// evict forgets a trace for want of room. What waits is taken by its id.
func (j *Joiner) evict(t *trace) {
	if len(t.held) > 0 {
		j.bindByID(t, Evicted)
		j.overdue = append(j.overdue, j.release(t)...)
	}
	j.forget(t)
}

// forget drops a trace of which nothing waits.
func (j *Joiner) forget(t *trace) {
	j.unlink(t)
	delete(j.traces, t.id)
}

// touch notes that a trace was heard of.
func (j *Joiner) touch(t *trace, now time.Time) {
	t.seen = now
	if j.newest != t {
		j.unlink(t)
		j.append(t)
	}
}

func (j *Joiner) append(t *trace) {
	t.older, t.newer = j.newest, nil
	if j.newest != nil {
		j.newest.newer = t
	} else {
		j.oldest = t
	}
	j.newest = t
}

func (j *Joiner) unlink(t *trace) {
	if t.older != nil {
		t.older.newer = t.newer
	} else {
		j.oldest = t.newer
	}
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		j.newest = t.older
	}
}
