package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

// Keys in the storage: an answer, and when the address was last heard to say that it holds.
const (
	keyAnswer  = "price_url"
	keyChecked = "price_url_checked"
)

// kept is an answer as it is stored.
type kept struct {
	// Of is a digest of where it is from: what another address said is of no use.
	Of           string `json:"of"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	Text         []byte `json:"text"`
}

var errOther = errors.New("it is of another address or format")

// restore offers what was kept of the address before a restart, and returns the offer, or nil.
func (c *Catalogue) restore(ctx context.Context) *offer {
	r := c.remote
	was, since, err := c.load(ctx)
	if err != nil {
		c.Logger.Warn("the copy of the prices of price_url cannot be used; they are asked for anew", zap.Error(err))
		return nil
	}
	if was == nil {
		return nil
	}
	found := r.parse(was.Text)
	if found.trouble != nil {
		c.Logger.Warn("the copy of the prices of price_url cannot be used; they are asked for anew", zap.Error(found.trouble))
		return nil
	}
	found.offer.since = since
	r.copy = &answer{digest: sha256.Sum256(was.Text), etag: was.ETag, modified: was.LastModified}
	r.offer = found.offer
	return r.offer
}

// load reads what was kept, if anything was, and when it was last known to hold.
func (c *Catalogue) load(ctx context.Context) (*kept, time.Time, error) {
	answer, checked := storage.GetOperation(keyAnswer), storage.GetOperation(keyChecked)
	if err := c.Storage.Batch(ctx, answer, checked); err != nil || answer.Value == nil {
		return nil, time.Time{}, err
	}
	was, since := &kept{}, time.Time{}
	if err := errors.Join(json.Unmarshal(answer.Value, was), since.UnmarshalText(checked.Value)); err != nil {
		return nil, time.Time{}, err
	}
	if was.Of != c.remote.identity() {
		return nil, time.Time{}, errOther
	}
	return was, since, nil
}

// keep stores what the address said last, or that it still holds.
func (c *Catalogue) keep(ctx context.Context, outcome Outcome) {
	r := c.remote
	if r.copy == nil || outcome == Failed && r.copy.text == nil {
		return
	}
	var ops []*storage.Operation
	if r.copy.text != nil {
		// A structure of text and bytes cannot fail to encode.
		value, _ := json.Marshal(kept{Of: r.identity(), ETag: r.copy.etag, LastModified: r.copy.modified, Text: r.copy.text})
		ops = append(ops, storage.SetOperation(keyAnswer, value))
	}
	checked, _ := c.oldest(FromAddress).MarshalText() // fails for years beyond 9999 only
	err := c.Storage.Batch(ctx, append(ops, storage.SetOperation(keyChecked, checked))...)
	if err == nil {
		r.copy.text = nil
	}
	if err != nil && !r.unkept {
		c.Logger.Warn("the prices of price_url cannot be stored: a restart without the network would do without them; "+
			"check the disk of the storage extension", zap.Error(err))
	}
	r.unkept = err != nil
}

// identity is where answers are from and what they are read as, without being readable itself.
func (r *remote) identity() string {
	digest := sha256.Sum256([]byte(r.Endpoint + "\n" + r.Format))
	return hex.EncodeToString(digest[:])
}
