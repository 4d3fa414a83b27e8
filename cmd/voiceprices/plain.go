package main

import "go.yaml.in/yaml/v3"

// plain is a price file or row as programs read it: with the keys that it has in YAML.
func plain(value any) (any, error) {
	text, err := yaml.Marshal(value)
	if err != nil {
		return nil, err
	}
	var out any
	err = yaml.Unmarshal(text, &out)
	return out, err
}
