package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing/importer"
)

// configured is what the configuration of a cost processor says about prices.
type configured struct {
	PriceFiles []priceFile       `yaml:"price_files"`
	PriceURL   any               `yaml:"price_url"`
	Plans      map[string]string `yaml:"plans"`
	written    `yaml:"-"`
}

// priceFile is a path, or a path and a format.
type priceFile struct {
	Path   string          `yaml:"path"`
	Format importer.Format `yaml:"format"`
}

func (f *priceFile) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&f.Path)
	}
	type plain priceFile
	return node.Decode((*plain)(f))
}

// configured reads what the cost processor of the configuration is told; without a configuration it is nothing.
func (s *source) configured() (*configured, error) {
	if len(s.configs) == 0 {
		return &configured{}, nil
	}
	collector := map[string]any{}
	for _, path := range s.configs {
		more, err := readConfig(path)
		if err != nil {
			return nil, err
		}
		merge(collector, more)
	}
	processors, _ := collector["processors"].(map[string]any)
	id, err := chooseProcessor(processors, s.processor)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", &s.configs, err)
	}
	c := &configured{}
	text, err := yaml.Marshal(processors[id])
	if err == nil {
		err = yaml.Unmarshal(text, c)
	}
	if err == nil {
		err = c.read(processors[id])
	}
	if err != nil {
		return nil, fmt.Errorf("%s: processors.%s: %w", &s.configs, id, err)
	}
	return c, nil
}

func readConfig(path string) (map[string]any, error) {
	text, err := os.ReadFile(strings.TrimPrefix(path, "file:"))
	if err != nil {
		return nil, err
	}
	config := map[string]any{}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

// merge lays a configuration over another as the collector does: maps are merged, all else is replaced.
func merge(into, more map[string]any) {
	for key, value := range more {
		inner, isMap := value.(map[string]any)
		was, wasMap := into[key].(map[string]any)
		if isMap && wasMap {
			merge(was, inner)
			continue
		}
		into[key] = value
	}
}

// chooseProcessor is the id of the one cost processor, or of the one that was asked for.
func chooseProcessor(processors map[string]any, wanted string) (string, error) {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(processors)) {
		if kind, _, _ := strings.Cut(id, "/"); kind == "cost" {
			ids = append(ids, id)
		}
	}
	switch {
	case slices.Contains(ids, wanted):
		return wanted, nil
	case wanted != "":
		return "", fmt.Errorf("has no processor %q; its cost processors are %q", wanted, ids)
	case len(ids) == 0:
		return "", errors.New("has no cost processor (processors.cost)")
	case len(ids) > 1:
		return "", fmt.Errorf("has several cost processors; choose one with --processor: %s", strings.Join(ids, ", "))
	}
	return ids[0], nil
}

// layers are the book that is built in, the price files and the overrides.
func (c *configured) layers() ([]pricing.Layer, error) {
	embedded, err := pricing.Embedded()
	if err != nil {
		return nil, err
	}
	layers := []pricing.Layer{embedded}
	for _, file := range c.PriceFiles {
		if strings.Contains(file.Path, "${") {
			return nil, fmt.Errorf("price_files: %s: variables are not filled in here; give the file with --prices", file.Path)
		}
		layer, _, err := readLayer(file.Path, file.Format)
		if err != nil {
			return nil, fmt.Errorf("price_files: %w", err)
		}
		layers = append(layers, layer)
	}
	return append(layers, pricing.Overrides("overrides", c.Overrides)), nil
}

// plansWith are the plans of the configuration, and over them those of the command line.
func (c *configured) plansWith(more pairs) map[string]string {
	plans := maps.Clone(c.Plans)
	if plans == nil {
		plans = map[string]string{}
	}
	maps.Copy(plans, more)
	return plans
}
