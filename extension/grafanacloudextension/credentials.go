package grafanacloudextension

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
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
	errPercent = errors.New("still has %20 or %3D in it after it was decoded, so it was percent-encoded twice: " +
		"write Authorization=Basic <base64 of INSTANCE_ID:TOKEN>, with one space or %20 after Basic")
	errCutOff = errors.New("ends after its scheme: a shell that sources a .env file cuts the value at its space; " +
		"start with --config dotenv:.env instead, or write %20 for the space")
	errBearerSpace = errors.New("has a space inside its Bearer token: write Authorization=Bearer <token>")
	errNotBase64   = errors.New("has something behind \"Basic\" that is not base64 with its \"=\" at the end: " + remake)
	errNotEncoded  = errors.New("has INSTANCE_ID:TOKEN or a token behind \"Basic\" as it is, and it must be base64 of the pair: " + remake)
	errURLAlphabet = errors.New("has the URL-safe form of base64 (\"-\" and \"_\") behind \"Basic\", which the gateway does not decode: " + remake)
	errTokenOnly   = errors.New("decodes to a text without \":\", perhaps the token alone: " +
		"the instance id belongs in front of it; " + remake)
	errTwiceEncoded = errors.New("was base64-encoded twice: encode once; " + remake)
	errControl      = errors.New("decodes to a text with a line break or another control character " +
		"(echo without -n adds one): " + remake)
)

// credentials is what each request carries, and what may be known of it.
type credentials struct {
	headers http.Header
	pair    pair
	// bearer says that there is no pair, but a token alone.
	bearer bool
	// separate says that the pair was configured as instance_id and token, not as headers.
	separate bool
}

// parseCredentials reads a list of headers that must have an Authorization in it. The errors say what to mend and
// hold no part of the list.
func parseCredentials(list string) (credentials, error) {
	headers, err := parseHeaders(list)
	if err != nil {
		return credentials{}, err
	}
	authorization, found, err := parseAuthorization(headers.Get(authorizationHeader))
	if err != nil {
		return credentials{}, fmt.Errorf("headers: %s %w", authorizationHeader, err)
	}
	headers.Set(authorizationHeader, authorization)
	scheme, _, _ := strings.Cut(authorization, " ")
	return credentials{headers: headers, pair: found, bearer: strings.EqualFold(scheme, "bearer")}, nil
}

// parseAuthorization checks the value of an Authorization header and returns it with exactly one space after its
// scheme, and the pair if the scheme is Basic.
func parseAuthorization(value string) (authorization string, found pair, err error) {
	switch {
	case value == "":
		return "", pair{}, errAuthorizationMissing
	case isPlaceholder(value):
		return "", pair{}, errPlaceholder
	case isQuoted(value):
		return "", pair{}, errQuoted
	case percentEncoded.MatchString(value):
		return "", pair{}, errPercent
	}
	scheme, credential, _ := strings.Cut(value, " ")
	credential = strings.TrimLeft(credential, " ")
	found, err = checkCredential(strings.ToLower(scheme), credential)
	return scheme + " " + credential, found, err
}

// percentEncoded matches what an encoder makes of the space and the padding of a credential.
var percentEncoded = regexp.MustCompile(`(?i)%(20|3d|25)`)

func checkCredential(scheme, credential string) (pair, error) {
	switch {
	case scheme != "basic" && scheme != "bearer":
		return pair{}, errScheme
	case credential == "":
		return pair{}, errCutOff
	case isQuoted(credential):
		return pair{}, errQuoted
	case scheme == "basic":
		return decodePair(credential)
	case strings.Contains(credential, " "):
		return pair{}, errBearerSpace
	}
	return pair{}, nil
}

// decodePair decodes with the standard alphabet and padding and nothing else, because servers do, and splits at the
// first ":". Whether user and token can be right depends on what is behind the endpoint; that is not asked here.
func decodePair(encoded string) (pair, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return pair{}, whyNotBase64(encoded)
	}
	user, token, found := strings.Cut(string(text), ":")
	switch {
	case !found && isEncodedPair(text):
		return pair{}, errTwiceEncoded
	case !found:
		return pair{}, errTokenOnly
	case strings.ContainsFunc(user+token, unicode.IsControl):
		return pair{}, errControl
	}
	return pair{user: user, token: token}, nil
}

func whyNotBase64(text string) error {
	if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")); err == nil && strings.ContainsAny(text, "-_") &&
		tokenKind(text) == "" {
		return errURLAlphabet
	}
	if strings.Contains(text, ":") || tokenKind(text) != "" {
		return errNotEncoded
	}
	return errNotBase64
}

func isEncodedPair(text []byte) bool {
	decoded, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	return err == nil && bytes.IndexByte(decoded, ':') >= 0
}
