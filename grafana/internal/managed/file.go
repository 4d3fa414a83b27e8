// Package managed makes Grafana-managed alert rules of Prometheus's, as the file by which a Grafana is provisioned with them.
package managed

// File is a provisioning file: the content of a .yaml in Grafana's provisioning/alerting.
type File struct {
	APIVersion int     `yaml:"apiVersion"`
	Groups     []Group `yaml:"groups"`
}

// Group is rules that are evaluated together, in a folder.
type Group struct {
	OrgID    int    `yaml:"orgId"`
	Name     string `yaml:"name"`
	Folder   string `yaml:"folder"`
	Interval string `yaml:"interval"`
	Rules    []Rule `yaml:"rules"`
}

// Rule is one alert: a query (A), the last value of each of its series (B), and what that must not be (C).
type Rule struct {
	UID       string  `yaml:"uid"`
	Title     string  `yaml:"title"`
	Condition string  `yaml:"condition"`
	Data      []Query `yaml:"data"`
	// NoDataState is OK: as in Prometheus, an expression that gives nothing means that nothing is wrong.
	NoDataState  string `yaml:"noDataState"`
	ExecErrState string `yaml:"execErrState"`
	// MissingSeries is after how many evaluations without it an alert's series is over: at once, as in Prometheus.
	MissingSeries int               `yaml:"missing_series_evals_to_resolve"`
	For           string            `yaml:"for"`
	Annotations   map[string]string `yaml:"annotations"`
	Labels        map[string]string `yaml:"labels"`
}

// Query is a node of a rule: a question to a data source or an expression of Grafana's.
type Query struct {
	RefID             string    `yaml:"refId"`
	RelativeTimeRange TimeRange `yaml:"relativeTimeRange"`
	DataSourceUID     string    `yaml:"datasourceUid"`
	Model             Model     `yaml:"model"`
}

// TimeRange is seconds before the evaluation.
type TimeRange struct {
	From int `yaml:"from"`
	To   int `yaml:"to"`
}

// Model is what a node does, in the words of its data source.
type Model struct {
	RefID      string      `yaml:"refId"`
	DataSource DataSource  `yaml:"datasource"`
	Expr       string      `yaml:"expr,omitempty"` // of Prometheus
	Instant    bool        `yaml:"instant,omitempty"`
	Type       string      `yaml:"type,omitempty"` // of an expression
	Expression string      `yaml:"expression,omitempty"`
	Reducer    string      `yaml:"reducer,omitempty"`
	Conditions []Condition `yaml:"conditions,omitempty"`
}

// DataSource names one.
type DataSource struct {
	Type string `yaml:"type"`
	UID  string `yaml:"uid"`
}

// Condition is a threshold.
type Condition struct {
	Evaluator Evaluator `yaml:"evaluator"`
}

// Evaluator compares with its only parameter.
type Evaluator struct {
	Type   string    `yaml:"type"`
	Params []float64 `yaml:"params"`
}
