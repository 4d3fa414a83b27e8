package wal

import "fmt"

// Damage is why a state cannot be read. A state that is not whole is worth nothing: its counters would fall, and a backend
// would count all of them again.
type Damage struct {
	Key string // of the storage
	Err error
}

func (d *Damage) Error() string {
	return fmt.Sprintf("the value of %s cannot be used: %v", d.Key, d.Err)
}

// Unwrap is what is wrong.
func (d *Damage) Unwrap() error { return d.Err }
