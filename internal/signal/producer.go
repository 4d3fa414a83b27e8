package signal

import "sync/atomic"

// Settings are what all signals of a producer have in common.
type Settings struct {
	// Service is their service.name.
	Service string
	// TenantAttribute is the attribute that says whose call it is; empty: none does.
	TenantAttribute string
	// MaxValues is how many different values an attribute that bots fill in freely (models, processors, functions, tenants)
	// may have; what comes beyond is "other". 0: no bound.
	MaxValues int
}

// Producer makes the signals of one receiver or connector, in batches. It is safe for concurrent use.
type Producer struct {
	settings Settings
	// sequence numbers the points of all batches.
	sequence atomic.Uint64
}

// NewProducer makes a producer.
func NewProducer(settings Settings) *Producer { return &Producer{settings: settings} }
