package grafanacloudextension

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// maxCredentialFile bounds what is read of a file, in bytes. A credential has some two hundred.
const maxCredentialFile = 64 << 10

var (
	errTwoForms = errors.New("more than one credential is set: set one of headers, headers_file, " +
		"or instance_id with token (each by value or by file)")
	errInstanceIDTwice = errors.New("instance_id and instance_id_file are both set: set one of them")
	errTokenTwice      = errors.New("token and token_file are both set: set one of them")
	errInstanceIDUnset = errors.New("instance_id is empty: set it to the number under OpenTelemetry > Configure on your stack's page")
	errTokenUnset      = errors.New("token is empty: set it to a Cloud Access Policy token, which begins with glc_")
	errPairQuoted      = errors.New("instance_id or token begins with a quote: write both without quotes (docker --env-file keeps them)")
	errPairControl     = errors.New("instance_id or token has a line break or another control character inside: write each on one line")
	errTokenIsHeader   = errors.New("token holds a whole header: put it into headers, or the token alone, which begins with glc_, into token")
	errTokenIsPair     = errors.New("token holds base64 of INSTANCE_ID:TOKEN, which would be encoded twice: " +
		"put the token alone, which begins with glc_, into token")
	errTokenHoldsPair = errors.New("token holds INSTANCE_ID:TOKEN: put what is before the \":\" into instance_id, and the rest into token")
)

// readCredentials reads and checks the credential in whichever form it is configured. Errors hold no part of it.
func (c *Config) readCredentials() (credentials, error) {
	switch {
	case c.hasPair() && c.hasList(), c.Headers != "" && c.HeadersFile != "":
		return credentials{}, errTwoForms
	case c.hasPair():
		return c.readPair()
	case c.HeadersFile != "":
		list, err := readCredentialFile("headers_file", c.HeadersFile)
		if err != nil {
			return credentials{}, err
		}
		return inFile("headers_file", list)
	}
	return parseCredentials(string(c.Headers))
}

func inFile(option, list string) (credentials, error) {
	if list == "" {
		return credentials{}, fmt.Errorf("%s: the file is empty: write Authorization=Basic <base64 of INSTANCE_ID:TOKEN> into it", option)
	}
	found, err := parseCredentials(list)
	if err != nil {
		return credentials{}, fmt.Errorf("%s: %w", option, err)
	}
	return found, nil
}

func (c *Config) hasList() bool { return c.Headers != "" || c.HeadersFile != "" }

func (c *Config) hasPair() bool {
	return c.InstanceID != "" || c.InstanceIDFile != "" || c.Token != "" || c.TokenFile != ""
}

// files are those that hold the credential, none if it is in the configuration itself.
func (c *Config) files() []string {
	var all []string
	for _, path := range []string{c.HeadersFile, c.InstanceIDFile, c.TokenFile} {
		if path != "" {
			all = append(all, path)
		}
	}
	return all
}

func (c *Config) readPair() (credentials, error) {
	switch {
	case c.InstanceID != "" && c.InstanceIDFile != "":
		return credentials{}, errInstanceIDTwice
	case c.Token != "" && c.TokenFile != "":
		return credentials{}, errTokenTwice
	}
	user, userErr := valueOrFile("instance_id_file", c.InstanceID, c.InstanceIDFile)
	token, tokenErr := valueOrFile("token_file", string(c.Token), c.TokenFile)
	if err := errors.Join(userErr, tokenErr); err != nil {
		return credentials{}, err
	}
	return pairCredentials(pair{user: user, token: token})
}

func valueOrFile(option, value, path string) (string, error) {
	if path == "" {
		return strings.TrimSpace(value), nil
	}
	return readCredentialFile(option, path)
}

// readCredentialFile returns what a file holds without the space around it: editors and echo end a file with a line break.
func readCredentialFile(option, path string) (string, error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return "", fmt.Errorf("%s: cannot read the file: %w; correct the path, or let the collector's user read it", option, withoutPath(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxCredentialFile+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: cannot read the file: %w", option, withoutPath(err))
	case len(text) > maxCredentialFile:
		return "", fmt.Errorf("%s: the file has more than %d bytes: it is not a credential", option, maxCredentialFile)
	}
	return strings.TrimSpace(string(text)), nil
}

// withoutPath leaves out the path: who sets token_file to the token has the secret there.
func withoutPath(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

func pairCredentials(p pair) (credentials, error) {
	if err := p.checkForm(); err != nil {
		return credentials{}, err
	}
	authorization := "Basic " + base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.token))
	return credentials{headers: http.Header{authorizationHeader: {authorization}}, pair: p, separate: true}, nil
}

// checkForm refuses what cannot be user and token wherever they go.
func (p pair) checkForm() error {
	switch {
	case p.user == "":
		return errInstanceIDUnset
	case p.token == "":
		return errTokenUnset
	case isQuoted(p.user) || isQuoted(p.token):
		return errPairQuoted
	case strings.ContainsFunc(p.user+p.token, unicode.IsControl):
		return errPairControl
	case strings.Contains(p.token, " ") && strings.Contains(p.token, "Basic"), strings.HasPrefix(p.token, authorizationHeader):
		return errTokenIsHeader
	case isEncodedPair([]byte(p.token)):
		return errTokenIsPair
	case strings.HasPrefix(p.token, p.user+":"):
		return errTokenHoldsPair
	}
	return nil
}

// check says what cannot work at Grafana Cloud, or what is odd wherever it goes.
func (c credentials) check(atGrafana bool, zone string) (warning, err error) {
	switch {
	case c.bearer && atGrafana:
		err = errBearer
	case c.bearer:
	case atGrafana:
		warning, err = c.pair.check(zone)
	default:
		warning = c.pair.oddElsewhere()
	}
	return c.named(warning), c.named(err)
}

// named puts in front what holds the pair, and behind how to mend that.
func (c credentials) named(err error) error {
	switch {
	case err == nil:
		return nil
	case c.separate:
		return fmt.Errorf("instance_id and token: the pair %w", err)
	}
	return fmt.Errorf("headers: %s %w; %s", authorizationHeader, err, remake)
}
