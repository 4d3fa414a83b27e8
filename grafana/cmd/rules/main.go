// Command rules makes the file by which a Grafana is provisioned with Grafana-managed alert rules, of a file of Prometheus's.
// `make generate` runs it for the rules that we ship. For a data source with another UID:
//
//	go run ./cmd/rules -datasource grafanacloud-prom
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-voice/otelcol-voice/grafana/internal/managed"
)

const header = `# Made from ../voice.rules.yaml by "make generate": change that. For Grafana's provisioning/alerting directory, where the
# Prometheus data source has this UID (README.md, one directory up, says how to name another).
`

func main() {
	from := flag.String("from", "rules/voice.rules.yaml", "the rules of Prometheus")
	to := flag.String("to", "rules/provisioning/voice-alerts.yaml", "the file to write")
	dataSource := flag.String("datasource", "prometheus", "the UID of the Prometheus data source in Grafana")
	flag.Parse()
	if err := generate(*from, *to, *dataSource); err != nil {
		fmt.Fprintln(os.Stderr, "rules:", err)
		os.Exit(1)
	}
}

func generate(from, to, dataSource string) error {
	rules, errs := rulefmt.ParseFile(from, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	file, err := managed.Convert(rules.Groups, dataSource)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	text := bytes.NewBufferString(header)
	encoder := yaml.NewEncoder(text)
	encoder.SetIndent(2)
	if err := encoder.Encode(file); err != nil {
		return err
	}
	return os.WriteFile(to, text.Bytes(), 0o644)
}
