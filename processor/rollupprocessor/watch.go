package rollupprocessor

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

// storageWatch tells how the storage does: counts all of it, and logs and reports when it changes. The writer's.
type storageWatch struct {
	telemetry *telemetry
	logger    *zap.Logger
	host      component.Host
	broken    bool // nothing is written, and so nothing taken
	stuck     bool // no snapshot is written, so that the log grows
}

// wrote is told of each write to the log.
func (w *storageWatch) wrote(ctx context.Context, err error) {
	w.telemetry.ProcessorRollupCommits.Add(ctx, 1, stored(err))
	switch {
	case err != nil && !w.broken:
		w.logger.Error("Writing to the storage fails; what comes is refused until it works again", zap.Error(err))
		componentstatus.ReportStatus(w.host, componentstatus.NewRecoverableErrorEvent(err))
	case err == nil && w.broken:
		w.logger.Info("Writing to the storage works again")
		componentstatus.ReportStatus(w.host, componentstatus.NewEvent(componentstatus.StatusOK))
	}
	w.broken = err != nil
}

// snapshot is told of each part of a snapshot; held says that it was the last one.
func (w *storageWatch) snapshot(ctx context.Context, held bool, err error) {
	if held || err != nil {
		w.telemetry.ProcessorRollupSnapshots.Add(ctx, 1, stored(err))
	}
	if err != nil && !w.stuck {
		w.logger.Warn("A snapshot was not written; the log grows until one is, see whether the storage is full", zap.Error(err))
	}
	if held || err != nil {
		w.stuck = err != nil
	}
}

// counted is told of a request for which nobody waits any more.
func (w *storageWatch) counted(r *report) { w.telemetry.request(context.Background(), r) }

// damaged is told of a state that cannot be used.
func (w *storageWatch) damaged(ctx context.Context, where string, err error) {
	w.telemetry.ProcessorRollupDamagedStates.Add(ctx, 1)
	w.logger.Error("The stored state cannot be used: it is set aside, and all series begin anew under another service.instance.id",
		zap.String("set_aside", where), zap.Error(err))
}

// gone is told of a state that is not there any more.
func (w *storageWatch) gone(ctx context.Context, name string) {
	w.telemetry.ProcessorRollupDamagedStates.Add(ctx, 1)
	w.logger.Error("The stored state is gone: its file was emptied, replaced or removed, and all series begin anew under another "+
		"service.instance.id; a storage that recreates damaged files may have set it aside beside it", zap.String("state", name))
}

func stored(err error) metric.MeasurementOption {
	result := "written"
	if err != nil {
		result = "failed"
	}
	return metric.WithAttributes(attribute.String("result", result))
}
