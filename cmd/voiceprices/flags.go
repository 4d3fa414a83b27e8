package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// flagSet are the flags of a command.
type flagSet struct {
	*flag.FlagSet
	args string // what comes after the flags, in words
	out  io.Writer
}

func flagsOf(name, args string, w world) flagSet {
	flags := flagSet{flag.NewFlagSet(name, flag.ContinueOnError), args, w.out}
	flags.SetOutput(io.Discard) // what is wrong is said once, by whoever gets the error
	flags.Usage = func() {}
	return flags
}

// parse reads flags before, between and after the arguments, and returns the arguments.
func (f flagSet) parse(args []string) ([]string, error) {
	var positional []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				f.help()
			}
			return nil, err
		}
		rest := f.Args()
		if len(rest) == 0 {
			return positional, nil
		}
		positional, args = append(positional, rest[0]), rest[1:]
	}
}

func (f flagSet) help() {
	fmt.Fprintln(f.out, strings.TrimSpace(fmt.Sprintf("Usage: voiceprices %s [FLAGS] %s", f.Name(), f.args)))
	f.SetOutput(f.out)
	f.PrintDefaults()
}

// many is a flag that may be given several times.
type many []string

func (m *many) String() string { return strings.Join(*m, ", ") }

func (m *many) Set(value string) error {
	*m = append(*m, value)
	return nil
}

// pairs is a flag of KEY=VALUE that may be given several times.
type pairs map[string]string

func (p *pairs) String() string { return "" }

func (p *pairs) Set(value string) error {
	key, rest, is := strings.Cut(value, "=")
	if !is || key == "" || rest == "" {
		return fmt.Errorf("%q is not PROVIDER=PLAN", value)
	}
	if *p == nil {
		*p = pairs{}
	}
	(*p)[key] = rest
	return nil
}

// moment is a flag of a day or a moment.
type moment struct{ time.Time }

func (m *moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.Format(time.RFC3339)
}

func (m *moment) Set(value string) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, value); err == nil {
			m.Time = at
			return nil
		}
	}
	return fmt.Errorf("%q is neither a day (2026-10-07) nor a moment (2026-10-07T12:00:00Z)", value)
}

// or is the moment, or now where none was given.
func (m *moment) or(now time.Time) time.Time {
	if m.IsZero() {
		return now
	}
	return m.Time
}
