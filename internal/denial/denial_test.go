package denial_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/otelcol-voice/otelcol-voice/internal/denial"
)

// However an error is wrapped on its way, the OTLP receiver finds its status, as it does it here.
func TestStatusIsFound(t *testing.T) {
	err := consumererror.NewPermanent(denial.Error{Reason: "no price"})
	for name, err := range map[string]error{
		"alone": err, "wrapped": fmt.Errorf("pipeline: %w", err), "of several": errors.Join(errors.New("another"), err),
	} {
		s, ok := status.FromError(err)
		assert.True(t, ok, name)
		assert.Equal(t, codes.InvalidArgument, s.Code(), name)
		assert.Contains(t, s.Message(), "no price", name)
		assert.True(t, consumererror.IsPermanent(err), name)
	}
}
