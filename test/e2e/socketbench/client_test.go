//go:build unix

package socketbench

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// client is a connection that is kept alive. It does as little as a client can: what is measured is the server.
type client struct {
	conn    net.Conn
	answers *bufio.Reader
}

func dial(b *testing.B, address string) *client {
	conn, err := net.Dial("tcp", address)
	require.NoError(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	return &client{conn: conn, answers: bufio.NewReader(conn)}
}

// post sends a whole request and returns the answer's status; its body is dropped.
func (c *client) post(request []byte) (status int, err error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	line, err := c.answers.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	status, err = strconv.Atoi(string(line[len("HTTP/1.1 "):][:3]))
	if err != nil {
		return 0, err
	}
	length, err := c.length()
	if err != nil {
		return 0, err
	}
	_, err = c.answers.Discard(length)
	return status, err
}

var contentLength = []byte("Content-Length: ")

// length reads the headers of an answer.
func (c *client) length() (int, error) {
	length := -1
	for {
		line, err := c.answers.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(line, contentLength); found {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, io.ErrUnexpectedEOF // none of the servers chunks so short an answer
	}
	return length, nil
}
