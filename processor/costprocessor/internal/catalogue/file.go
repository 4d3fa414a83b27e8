package catalogue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// File is a price file.
type File struct {
	Path   string
	Format string
}

// settleTime is how long a file must have been as it is before it is taken: one that is being written is not half a file.
const settleTime = time.Second

// file is a price file that is looked at again and again. How it is changed does not matter: written in place, replaced, or
// led to by a link that is replaced.
type file struct {
	source
	File
	limit int64

	seen    sight       // at the last look
	settled bool        // the look before has seen the same
	acted   sight       // what was last made something of
	info    fs.FileInfo // of what is settled: as long as it is the same, there is no need to read
}

// sight is what a look at a file has seen.
type sight struct {
	digest  [sha256.Size]byte
	failure string
}

// open reads the file for the first time.
func (f *file) open() error {
	text, info, err := f.read()
	if err != nil {
		return fmt.Errorf("price_files: %w%s", err, f.from())
	}
	f.seen, f.settled = see(text, nil), true
	f.acted = f.seen
	found := f.parse(text, info)
	f.offer = found.offer
	if found.trouble != nil {
		return found.trouble.error
	}
	return nil
}

// from is where a relative path starts from, for messages.
func (f *file) from() string {
	folder, err := os.Getwd()
	if err != nil || filepath.IsAbs(f.Path) {
		return ""
	}
	return "; relative paths start from " + folder + ", where the collector was started"
}

// look returns what is new in the file, or nil.
func (f *file) look() *finding {
	if info, err := os.Stat(f.Path); err == nil && f.info != nil && same(info, f.info) {
		return nil
	}
	text, info, err := f.read()
	now := see(text, err)
	f.settled, f.seen, f.info = now == f.seen, now, nil
	if !f.settled {
		return nil
	}
	f.info = info
	if f.seen == f.acted {
		return nil
	}
	f.acted = f.seen
	if err != nil {
		return &finding{trouble: &trouble{error: err, remedy: "put a file that can be read in its place, or take it out of price_files"}}
	}
	return f.parse(text, info)
}

func (f *file) parse(text []byte, info fs.FileInfo) *finding {
	offer, err := parse(f.Path, text, f.Format)
	if err != nil {
		return &finding{trouble: &trouble{error: err, remedy: "correct the file"}}
	}
	offer.since = info.ModTime()
	return &finding{offer: offer}
}

// same says whether a file is untouched. A file that is replaced is another, even if it is as long and as old.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

func see(text []byte, err error) sight {
	if err != nil {
		return sight{failure: err.Error()}
	}
	return sight{digest: sha256.Sum256(text)}
}

// read reads the file. What is said of it is from before it was read, so that a change in between shows at the next look.
func (f *file) read() ([]byte, fs.FileInfo, error) {
	info, err := os.Stat(f.Path)
	switch {
	case err != nil:
		return nil, nil, err
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("%s: is not a file", f.Path)
	}
	from, err := os.Open(f.Path)
	if err != nil {
		return nil, nil, err
	}
	defer from.Close()
	text, err := readAll(from, f.limit)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return text, info, nil
}

var errTooLarge = errors.New("is too large")

// readAll reads as much as limit allows.
func readAll(from io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("%w: at most %d bytes are read", errTooLarge, limit)
	}
	return text, nil
}

// look looks at all files and takes what is new in them.
func (c *Catalogue) look(context.Context) time.Duration {
	wait, found := c.LookInterval, make([]*finding, len(c.files))
	for i, f := range c.files {
		found[i] = f.look()
		if !f.settled {
			wait = min(wait, settleTime)
		}
	}
	for _, outcome := range c.takeAll(found) {
		c.Count(FromFiles, outcome)
	}
	return wait
}

// takeAll takes what is new in files and says what came of those that are settled.
func (c *Catalogue) takeAll(found []*finding) []Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, f := range c.files {
		c.take(&f.source, found[i])
	}
	if slices.ContainsFunc(found, func(f *finding) bool { return f != nil }) {
		c.renew()
	}
	var outcomes []Outcome
	for _, f := range c.files {
		if f.settled {
			outcomes = append(outcomes, f.outcome())
		}
	}
	return outcomes
}
