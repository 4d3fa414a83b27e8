package voiceframereceiver

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// TenantConfig says how a request names the tenant that its calls belong to. Calls of two tenants are two, whatever they are
// called. Where the header is not set by something that is trusted, a bot can name any tenant that it likes.
type TenantConfig struct {
	// Header is the request header that names the tenant; empty: there are none.
	Header string `mapstructure:"header"`

	// Attribute is the attribute of all signals that says whose they are.
	Attribute string `mapstructure:"attribute"`

	// Required refuses requests that name no tenant.
	Required bool `mapstructure:"required"`

	_ struct{}
}

func newDefaultTenantConfig() TenantConfig { return TenantConfig{Attribute: "tenant"} }

var attributeName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_.]*$`)

// taken are the labels that have a meaning already, as a Prometheus-type backend writes them.
var taken = []string{
	"job", "instance", "le", "quantile", "service_name", "service_namespace", "service_instance_id", "deployment_environment_name",
	semconv.AttrCallID, semconv.AttrStage, semconv.AttrProcessor, semconv.AttrProvider, semconv.AttrModel,
	semconv.AttrTokenType, semconv.AttrTokenKind, semconv.AttrCostType, semconv.AttrCostSource, semconv.AttrUsageKind,
	semconv.AttrReason, semconv.AttrEndReason, semconv.AttrFunctionName, semconv.AttrOutcome, semconv.AttrCategory,
}

// Validate checks what the types cannot.
func (c *TenantConfig) Validate() error {
	if c.Header == "" {
		if c.Required {
			return errors.New("required: there is no header: name the one that says whose a call is, as in `header: X-Tenant-Id`")
		}
		return nil
	}
	var errs error
	if !httpguts.ValidHeaderFieldName(c.Header) {
		errs = fmt.Errorf("header: %q: is no name of a header", c.Header)
	}
	if !free(c.Attribute) {
		errs = errors.Join(errs, fmt.Errorf(
			"attribute: %q: must be a name (letters, digits, _ and .) that no metric uses already", c.Attribute))
	}
	return errs
}

// free says whether an attribute can be had for tenants.
func free(attribute string) bool {
	label := strings.ReplaceAll(attribute, ".", "_")
	return attributeName.MatchString(attribute) && !slices.Contains(taken, label) &&
		!strings.HasPrefix(attribute, semconv.TransitPrefix)
}
