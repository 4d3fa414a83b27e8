package grafanacloudextension

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

// What cannot work as instance id and token at Grafana Cloud. Elsewhere a user may be anything; what looks like a mistake
// is then a warning. Each follows on a name of what holds the pair.
var (
	errBearer = errors.New("is a Bearer token, and Grafana Cloud's gateway wants to know whose it is: " +
		"write Authorization=Basic <base64 of INSTANCE_ID:TOKEN>")
	errSwapped = errors.New("has the token in front of the instance id: " +
		"the instance id comes first, INSTANCE_ID:TOKEN")
	errUserEmpty = errors.New("has nothing in front of the \":\": the instance id of your stack belongs there " +
		"(the number under OpenTelemetry > Configure)")
	errUserEmail = errors.New("has an e-mail address where the instance id belongs: take the number under " +
		"OpenTelemetry > Configure on your stack's page")
	errUserPlaceholder = errors.New("still has a placeholder where the instance id belongs: take the number under " +
		"OpenTelemetry > Configure on your stack's page")
	errUserNotNumber = errors.New("has a name where the instance id belongs (of the organization, the stack or a user): " +
		"take the number under OpenTelemetry > Configure on your stack's page")
	errTokenEmpty = errors.New("has nothing behind the \":\": the token belongs there, which begins with glc_")
	errTokenSpace = errors.New("has a space in instance id or token: copy them anew, without spaces")

	errTokenPlaceholder = errors.New("still has a placeholder where the token belongs: make one under " +
		"OpenTelemetry > Configure on your stack's page")
	errTokenServiceAccount = errors.New("has the token of a Grafana service account (glsa_), which is for dashboards and not for data: " +
		"make a Cloud Access Policy token (glc_) with metrics:write, logs:write and traces:write")
	errTokenLegacy = errors.New("has an API key of the old kind, which Grafana Cloud accepts no more: " +
		"make a Cloud Access Policy token (glc_) with metrics:write, logs:write and traces:write")
)

// What is odd about a pair, but may work.
var (
	errOddTokenKind = errors.New("has a token that does not begin with glc_, as those of Grafana Cloud do: " +
		"if it is refused, make one under OpenTelemetry > Configure on your stack's page")
	errOddUserIsOrg = errors.New("has as instance id what its token seems to name as the organization's: " +
		"if it is refused, take the number under OpenTelemetry > Configure on your stack's page")
	errOddTokenZone = errors.New("has a token that seems to be of another region than the zone of the endpoint: " +
		"if it is refused, compare both with OpenTelemetry > Configure on your stack's page")
)

// pair is the user and the token of a Basic credential.
type pair struct{ user, token string }

// instanceID is the user if it is a number, as Grafana Cloud's are. Any other user stays unnamed: in a pair the wrong
// way round it is the token.
func (p pair) instanceID() string {
	if !isNumber(p.user) {
		return ""
	}
	return p.user
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// The kinds of credentials that Grafana hands out.
const (
	kindAccessPolicy   = "access policy"
	kindServiceAccount = "service account"
	kindLegacy         = "legacy"
)

// tokenKind knows a token of Grafana by how it begins, or returns "".
func tokenKind(s string) string {
	switch {
	case strings.HasPrefix(s, "glc_"):
		return kindAccessPolicy
	case strings.HasPrefix(s, "glsa_"):
		return kindServiceAccount
	case strings.HasPrefix(s, "eyJrIjoi"): // {"k":"
		return kindLegacy
	}
	return ""
}

// placeholderWord matches what instructions write where a value belongs.
var placeholderWord = regexp.MustCompile(`(?i)^(<.*>|\{.*\}|\[.*\]|your[-_].*|(glc_)?(x+|\.\.\.|…)|instance[-_]?id|(api[-_]?)?(token|key))$`)

// check says what cannot work about the pair at Grafana Cloud, or what is odd.
func (p pair) check(zone string) (warning, err error) {
	if err := p.checkUser(); err != nil {
		return nil, err
	}
	if err := p.checkToken(); err != nil {
		return nil, err
	}
	if tokenKind(p.token) == "" {
		return errOddTokenKind, nil
	}
	return p.checkHints(zone), nil
}

func (p pair) checkUser() error {
	switch {
	case tokenKind(p.user) != "":
		return errSwapped
	case p.user == "":
		return errUserEmpty
	case placeholderWord.MatchString(p.user):
		return errUserPlaceholder
	case strings.Contains(p.user, "@"):
		return errUserEmail
	case strings.ContainsAny(p.user, " "):
		return errTokenSpace
	case !isNumber(p.user):
		return errUserNotNumber
	}
	return nil
}

func (p pair) checkToken() error {
	switch kind := tokenKind(p.token); {
	case p.token == "":
		return errTokenEmpty
	case placeholderWord.MatchString(p.token):
		return errTokenPlaceholder
	case strings.Contains(p.token, " "):
		return errTokenSpace
	case kind == kindServiceAccount:
		return errTokenServiceAccount
	case kind == kindLegacy:
		return errTokenLegacy
	}
	return nil
}

// oddElsewhere says what looks like a mistake about a pair for a server that is not Grafana Cloud's.
func (p pair) oddElsewhere() error {
	for _, err := range []error{p.checkUser(), p.checkToken()} {
		switch err {
		case errSwapped, errUserPlaceholder, errTokenPlaceholder, errTokenServiceAccount, errTokenLegacy:
			return err
		}
	}
	return nil
}

// hints is what the body of an access policy token has been seen to hold. Nobody documents it, so nothing of it decides,
// and nothing of it is ever shown.
type hints struct {
	Org  string `json:"o"`
	More struct {
		Region string `json:"r"`
	} `json:"m"`
}

func (p pair) checkHints(zone string) error {
	body, _ := strings.CutPrefix(p.token, "glc_")
	text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(body, "="))
	var seen hints
	if err != nil || json.Unmarshal(text, &seen) != nil {
		return nil
	}
	switch {
	case seen.Org == p.user:
		return errOddUserIsOrg
	case zone != "" && !sameRegion(seen.More.Region, zone):
		return errOddTokenZone
	}
	return nil
}

// sameRegion compares only what is spelled as a zone: other spellings of a region are in use.
func sameRegion(region, zone string) bool {
	return region == zone || !zoneSpelling.MatchString(region)
}
