package boards

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// provisionedBoards and provisionedSources have the fields that Grafana reads; any other is a slip.
type provisionedBoards struct {
	APIVersion int `yaml:"apiVersion"`
	Providers  []struct {
		Name                  string            `yaml:"name"`
		Type                  string            `yaml:"type"`
		Folder                string            `yaml:"folder"`
		DisableDeletion       bool              `yaml:"disableDeletion"`
		AllowUIUpdates        bool              `yaml:"allowUiUpdates"`
		UpdateIntervalSeconds int               `yaml:"updateIntervalSeconds"`
		Options               map[string]string `yaml:"options"`
	} `yaml:"providers"`
}

type provisionedSources struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name     string `yaml:"name"`
		UID      string `yaml:"uid"`
		Type     string `yaml:"type"`
		Access   string `yaml:"access"`
		URL      string `yaml:"url"`
		JSONData struct {
			TimeInterval string         `yaml:"timeInterval"`
			Exemplars    []sourceOfLink `yaml:"exemplarTraceIdDestinations"`
			Derived      []sourceOfLink `yaml:"derivedFields"`
			TracesToLogs *sourceOfLink  `yaml:"tracesToLogsV2"`
		} `yaml:"jsonData"`
	} `yaml:"datasources"`
}

// sourceOfLink is a way from one data source to another.
type sourceOfLink struct {
	Datasource string         `yaml:"datasourceUid"`
	Rest       map[string]any `yaml:",inline"`
}

func TestProvisioningOfDashboards(t *testing.T) {
	var file provisionedBoards
	readStrictly(t, "voice-dashboards.yaml", &file)
	assert.Equal(t, 1, file.APIVersion)
	require.Len(t, file.Providers, 1)
	assert.Equal(t, "file", file.Providers[0].Type)
	assert.NotEmpty(t, file.Providers[0].Options["path"])
}

// There is a data source for each variable, and the ways between them lead to one of them.
func TestProvisioningOfDataSources(t *testing.T) {
	var file provisionedSources
	readStrictly(t, "voice-datasources.yaml", &file)
	assert.Equal(t, 1, file.APIVersion)
	types := map[string]string{}
	for _, s := range file.Datasources {
		types[s.UID] = s.Type
	}
	assert.Equal(t, map[string]string{"prometheus": metrics.kind, "loki": logs.kind, "tempo": traces.kind}, types)
	ways := 0
	for _, s := range file.Datasources {
		links := append(s.JSONData.Exemplars, s.JSONData.Derived...)
		if s.JSONData.TracesToLogs != nil {
			links = append(links, *s.JSONData.TracesToLogs)
		}
		for _, link := range links {
			assert.Contains(t, types, link.Datasource, s.Name)
			ways++
		}
	}
	assert.Equal(t, 3, ways)
}

func readStrictly(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(shipped, "provisioning", name))
	require.NoError(t, err)
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(t, decoder.Decode(into))
}
