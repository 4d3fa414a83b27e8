// Package rollupbench measures what it costs the rollup processor to have what it accepts on disk: on the storage extension that
// is shipped, which the root module does not depend on.
package rollupbench
