// Package guard stands between us and a storage client: a database that finds its file damaged panics, and that is no more
// than an error to us.
package guard

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Client is a client whose panics are errors, and which does nothing for a context that has ended.
type Client struct{ client storage.Client }

// Open asks for a client; a storage that panics has none.
func Open(ask func() (storage.Client, error)) (c Client, err error) {
	defer recovered(&err)
	client, err := ask()
	return Client{client}, err
}

// Batch implements storage.Client.
func (c Client) Batch(ctx context.Context, ops ...*storage.Operation) (err error) {
	defer recovered(&err)
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.client.Batch(ctx, ops...)
}

// Get implements storage.Client.
func (c Client) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := c.Batch(ctx, op)
	return op.Value, err
}

// Set implements storage.Client.
func (c Client) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

// Delete implements storage.Client.
func (c Client) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

// Close implements storage.Client. It closes whatever has ended.
func (c Client) Close(ctx context.Context) (err error) {
	defer recovered(&err)
	return c.client.Close(ctx)
}

func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the storage panicked: %v", r)
	}
}
