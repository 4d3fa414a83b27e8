// Command gencalls writes the fixture of the end-to-end tests: calls.ndjson, the frames of some thirty calls as bots
// send them, and ledger.json, what they must come to. The totals are computed here from the list prices, with none of
// the product's code. The same seed gives the same bytes.
//
//	go run ./gencalls -out testdata
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "testdata", "the directory to write to")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "gencalls:", err)
		os.Exit(1)
	}
}

func write(directory string) error {
	for name, content := range generate() {
		if err := os.WriteFile(filepath.Join(directory, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// generate makes the files by name.
func generate() map[string][]byte {
	w := newWorld()
	for i, plan := range plans() {
		w.play(plan, i)
	}
	return map[string][]byte{
		"calls.ndjson": w.lines(),
		"ledger.json":  append(mustJSON(w.books.ledger(), "  "), '\n'),
	}
}

// mustJSON encodes what cannot fail to encode. Indentation is for files that people read.
func mustJSON(value any, indent string) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(text.Bytes())
}
