package costprocessor

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// openStorage returns a processor's client of a storage extension. All that the processor keeps is in this one; what is
// kept for different ends has different prefixes.
func openStorage(ctx context.Context, host component.Host, id, processor component.ID) (storage.Client, error) {
	extension, known := host.GetExtensions()[id]
	if !known {
		return nil, fmt.Errorf("storage: there is no extension %q: define it under `extensions` and list it in `service::extensions`", id)
	}
	store, ok := extension.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %q stores nothing: name one that does, such as file_storage", id)
	}
	client, err := store.GetClient(ctx, component.KindProcessor, processor, "")
	if err != nil {
		return nil, fmt.Errorf("storage: %q gives no client: %w", id, err)
	}
	return client, nil
}
