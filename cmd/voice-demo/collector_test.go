package main

import (
	"net"
	"strings"
	"testing"
	"time"
)

// A collector whose port for frames was changed is healthy and has a metrics page, and takes no frames where they are looked for.
func TestPostWhereNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String() + "/v1/frames"
	listener.Close()

	err = post(t.Context(), url, script(time.Unix(1764000000, 0))[0].frames)
	if err == nil || !strings.Contains(err.Error(), url) || !strings.Contains(err.Error(), "-frames") {
		t.Errorf("got %v", err)
	}
}
