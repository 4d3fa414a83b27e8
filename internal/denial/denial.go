// Package denial is how a component of ours tells a sender why its request is refused for good, through whatever receiver it
// came. The text of other errors is kept from senders: nobody knows what is in it.
package denial

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is why a request is refused for good, in words that the sender may read: what it sent itself and what to do, and no
// more. It is to be returned as permanent.
type Error struct{ Reason string }

func (e Error) Error() string { return e.Reason }

// GRPCStatus says that it is the request that is refused: an OTLP receiver answers HTTP 400, where it would answer 500, as if
// something of its own had failed.
func (e Error) GRPCStatus() *status.Status { return status.New(codes.InvalidArgument, e.Reason) }
