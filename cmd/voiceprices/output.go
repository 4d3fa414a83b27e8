package main

import "io"

// output remembers that something could not be written, such as on a full disk: an answer that is cut short is none.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(text []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	var n int
	n, o.err = o.to.Write(text)
	return n, o.err
}
