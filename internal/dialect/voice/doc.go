// Package voice reads our own format (docs/frames.md): for bots that are made by no framework.
package voice
