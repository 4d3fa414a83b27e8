package keep

import (
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
)

// Steps are the steps of one request, by call. Nil ones are not kept.
type Steps struct {
	records []journal.Record
	at      map[call.Key]int
}

// Add adds a frame, or, without one, the end of its call by idle time-out.
func (s *Steps) Add(key call.Key, entry journal.Entry) {
	if s == nil {
		return
	}
	i, known := s.at[key]
	if !known {
		i = len(s.records)
		s.at[key] = i
		s.records = append(s.records, journal.Record{Call: key})
	}
	s.records[i].Entries = append(s.records[i].Entries, entry)
}

// Facts notes which calls begin with the steps that were added.
func (s *Steps) Facts(facts []call.Fact) {
	if s == nil {
		return
	}
	for i := range facts {
		if at, kept := s.at[facts[i].Call]; kept && facts[i].Kind == call.Opened {
			s.records[at].Opens = true
		}
	}
}
