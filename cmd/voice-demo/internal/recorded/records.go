package recorded

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// How a record of each kind begins. The quotation marks make sure that this is nowhere inside a record: there they are escaped.
var (
	beginsLogs  = []byte(`{"resourceLogs":`)
	beginsSpans = []byte(`{"resourceSpans":`)
)

// eachRecord hands on every whole record of a file that the stock file exporter wrote, and counts those that are torn. A
// collector that is killed leaves half a record without a line end, and the next one writes its first record right behind it;
// so a line may hold several records, and a record counts only if it is whole.
func eachRecord(r io.Reader, begins []byte, take func(record []byte) error) (torn int, err error) {
	lines := bufio.NewReader(r)
	for {
		line, readErr := lines.ReadBytes('\n')
		for _, record := range split(line, begins) {
			if !json.Valid(record) {
				torn++
				continue
			}
			if err := take(record); err != nil {
				return torn, err
			}
		}
		if errors.Is(readErr, io.EOF) {
			return torn, nil
		}
		if readErr != nil {
			return torn, readErr
		}
	}
}

// split cuts a line before each place where a record begins. What is left of a record whose beginning is lost stays a part of its
// own.
func split(line, begins []byte) [][]byte {
	var parts [][]byte
	for rest := bytes.TrimSpace(line); len(rest) > 0; {
		end := len(rest)
		if next := bytes.Index(rest[1:], begins); next >= 0 {
			end = next + 1
		}
		parts = append(parts, rest[:end])
		rest = rest[end:]
	}
	return parts
}
