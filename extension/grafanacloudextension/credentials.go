package grafanacloudextension

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

const authorizationHeader = "Authorization"

const remake = `make it anew with: printf %s 'INSTANCE_ID:TOKEN' | base64 | tr -d '\n'`

var (
	errAuthorizationMissing = errors.New("is missing or empty: " +
		"add Authorization=Basic <base64 of INSTANCE_ID:TOKEN> to OTEL_EXPORTER_OTLP_HEADERS")
	errPlaceholder = errors.New("still holds a placeholder in angle brackets: put the base64 of your own " +
		"INSTANCE_ID:TOKEN in its place; " + remake)
	errQuoted = errors.New("begins with a quote: write its value without quotes")
	errScheme = errors.New("does not begin with \"Basic \" (or \"Bearer \"): " +
		"write Authorization=Basic <base64 of INSTANCE_ID:TOKEN>, with one space or %20 after Basic")
	errCutOff = errors.New("ends after its scheme: a shell that sources a .env file cuts the value at its space; " +
		"start with --config dotenv:.env instead, or write %20 for the space")
	errBearerSpace = errors.New("has a space inside its Bearer token: write Authorization=Bearer <token>")
	errNotBase64   = errors.New("has something behind \"Basic\" that is not base64 with its \"=\" at the end: " + remake)
	errTokenOnly   = errors.New("decodes to a text without \":\", perhaps the token alone: " +
		"the instance id belongs in front of it; " + remake)
	errTwiceEncoded = errors.New("was base64-encoded twice: encode once; " + remake)
	errControl      = errors.New("decodes to a text with a line break or another control character " +
		"(echo without -n adds one): " + remake)
)

// credentials is what each request carries, and the one part of it that may be shown.
type credentials struct {
	headers http.Header
	// instanceID is the user of a Basic credential if it is a number, as Grafana Cloud's are. Any other user stays
	// unnamed: in a pair the wrong way round it is the token.
	instanceID string
}

// parseCredentials reads a list of headers that must have an Authorization in it. The errors say what to mend and
// hold no part of the list.
func parseCredentials(list string) (credentials, error) {
	headers, err := parseHeaders(list)
	if err != nil {
		return credentials{}, err
	}
	authorization, user, err := parseAuthorization(headers.Get(authorizationHeader))
	if err != nil {
		return credentials{}, fmt.Errorf("headers: %s %w", authorizationHeader, err)
	}
	headers.Set(authorizationHeader, authorization)
	return credentials{headers: headers, instanceID: instanceID(user)}, nil
}

// parseAuthorization checks the value of an Authorization header and returns it with exactly one space after its
// scheme, and the user if the scheme is Basic.
func parseAuthorization(value string) (authorization, user string, err error) {
	switch {
	case value == "":
		return "", "", errAuthorizationMissing
	case isPlaceholder(value):
		return "", "", errPlaceholder
	case isQuoted(value):
		return "", "", errQuoted
	}
	scheme, credential, _ := strings.Cut(value, " ")
	credential = strings.TrimLeft(credential, " ")
	user, err = checkCredential(strings.ToLower(scheme), credential)
	return scheme + " " + credential, user, err
}

func checkCredential(scheme, credential string) (user string, err error) {
	switch {
	case scheme != "basic" && scheme != "bearer":
		return "", errScheme
	case credential == "":
		return "", errCutOff
	case scheme == "basic":
		return basicUser(credential)
	case strings.Contains(credential, " "):
		return "", errBearerSpace
	}
	return "", nil
}

// basicUser decodes with the standard alphabet and padding and nothing else, because servers do, and returns the part
// before the first ":". Any user and any password are right: what is behind the endpoint need not be Grafana Cloud.
func basicUser(encoded string) (string, error) {
	pair, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", errNotBase64
	}
	user, password, found := strings.Cut(string(pair), ":")
	switch {
	case !found && isEncodedPair(pair):
		return "", errTwiceEncoded
	case !found:
		return "", errTokenOnly
	case strings.ContainsFunc(user+password, unicode.IsControl):
		return "", errControl
	}
	return user, nil
}

func isEncodedPair(text []byte) bool {
	pair, err := base64.StdEncoding.DecodeString(string(text))
	return err == nil && bytes.IndexByte(pair, ':') >= 0
}

func instanceID(user string) string {
	if strings.Trim(user, "0123456789") != "" {
		return ""
	}
	return user
}
