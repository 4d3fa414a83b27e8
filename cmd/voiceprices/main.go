// Command voiceprices answers questions about prices: what a usage costs and why, what differs between two price books,
// what of another catalogue would become rows of ours, and which rows nobody has looked at for long.
//
// It reads the book that is built in, files of any format that the cost processor reads, and the configuration of a
// collector, so that its answers are those of the processor.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// What the process returns.
const (
	exitOK      = 0
	exitFinding = 1 // the answer is bad news: a usage without a price, a file that is wrong, a price that leapt
	exitUsage   = 2 // the question cannot be answered as it was asked
)

func main() {
	os.Exit(run(os.Args[1:], world{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}))
}

// world is what a command may touch, besides files that it is told to read.
type world struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

// command is one thing to ask.
type command struct {
	name, args, about string
	run               func(args []string, w world) error
}

func commands() []command {
	return []command{
		{"explain", "KIND=QUANTITY… | -", "what a usage costs: which rows, why, the arithmetic", explain},
		{"diff", "OLD NEW", "what differs between two price books", diff},
		{"import", "FILE", "rows of another catalogue, as a price file of ours", importFile},
		{"check", "[FILE…]", "whether prices load, and which of them nobody has verified for long", check},
		{"list", "", "the rows of the book", listRows},
	}
}

// finding is an answer that is bad news. It was already written.
var errFinding = errors.New("finding")

func run(args []string, w world) int {
	out := &output{to: w.out}
	w.out = out
	code := dispatch(args, w)
	if out.err != nil && code != exitUsage {
		fmt.Fprintf(w.err, "voiceprices: %s\n", out.err)
		return exitUsage
	}
	return code
}

func dispatch(args []string, w world) int {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	for _, c := range commands() {
		if c.name == name {
			return c.exit(w, c.run(args[1:], w))
		}
	}
	if name == "" || isHelp(name) {
		help(w.out)
		return exitOK
	}
	fmt.Fprintf(w.err, "voiceprices: %q is no command\n\n", name)
	help(w.err)
	return exitUsage
}

func isHelp(word string) bool {
	return word == "help" || word == "-h" || word == "-help" || word == "--help"
}

func (c command) exit(w world, err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errFinding):
		return exitFinding
	}
	fmt.Fprintf(w.err, "voiceprices %s: %s\n", c.name, err)
	return exitUsage
}

func help(out io.Writer) {
	fmt.Fprint(out, "Usage: voiceprices COMMAND [FLAGS] [ARGUMENTS]\n\n")
	t := newTable(out)
	for _, c := range commands() {
		t.row("  "+strings.TrimSpace(c.name+" "+c.args), c.about)
	}
	t.flush()
	fmt.Fprint(out, "\nvoiceprices COMMAND -h lists the flags of a command. "+
		"Exit status: 0 is good, 1 is bad news, 2 is a question that cannot be answered.\n")
}
