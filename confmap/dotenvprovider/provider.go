package dotenvprovider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
)

const schemeName = "dotenv"

var errNoPath = errors.New("no file is named: write --config dotenv:.env")

// NewFactory makes the factory of the provider for locations "dotenv:PATH", where PATH is relative to the working
// directory or absolute, in the form of the operating system.
func NewFactory() confmap.ProviderFactory {
	return confmap.NewProviderFactory(newProvider)
}

func newProvider(set confmap.ProviderSettings) confmap.Provider {
	return &provider{logger: set.Logger, origin: map[string]string{}}
}

// provider is not safe for concurrent use, nor is any confmap.Provider's Retrieve.
type provider struct {
	logger *zap.Logger
	// origin holds, for each variable that this provider has set and still answers for, the path of its file. On a
	// reload these follow the file; every other variable of the environment is somebody else's and wins.
	origin map[string]string
}

// Retrieve sets the variables of the file that uri names and returns an empty map. A file with an error in it sets
// none. The location is read again on each reload and not watched in between.
func (p *provider) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	path, ok := strings.CutPrefix(uri, schemeName+":")
	if !ok {
		return nil, fmt.Errorf("%q uri is not supported by %q provider", uri, schemeName)
	}
	variables, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemeName, err)
	}
	if err := p.setAll(path, variables); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", schemeName, path, err)
	}
	return confmap.NewRetrieved(map[string]any{})
}

// Scheme returns "dotenv".
func (*provider) Scheme() string {
	return schemeName
}

// Shutdown leaves the environment as it is: the process ends.
func (*provider) Shutdown(context.Context) error {
	return nil
}

func readFile(path string) ([]variable, error) {
	if path == "" {
		return nil, errNoPath
	}
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("cannot read the file: %w; "+
			"write it, or correct the path in --config dotenv:PATH (relative to the working directory)", err)
	}
	variables, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return variables, nil
}

// setAll makes the environment hold the variables of the file at path, except those that it already had from
// elsewhere, and takes back what an earlier reading of the file had set and this one has not.
func (p *provider) setAll(path string, variables []variable) error {
	stale := p.namesFrom(path)
	var kept []string
	for _, v := range variables {
		if p.isForeign(v.name) {
			kept = append(kept, v.name)
			continue
		}
		if err := os.Setenv(v.name, v.value); err != nil {
			return fmt.Errorf("line %d: cannot set the variable: %w", v.line, err)
		}
		p.origin[v.name] = path
		delete(stale, v.name)
	}
	p.log(path, len(variables)-len(kept), kept)
	return p.takeBack(stale)
}

// isForeign reports whether the environment has the variable, even empty, from somebody else than this provider.
func (p *provider) isForeign(name string) bool {
	_, isSet := os.LookupEnv(name)
	_, isOurs := p.origin[name]
	return isSet && !isOurs
}

func (p *provider) namesFrom(path string) map[string]struct{} {
	names := map[string]struct{}{}
	for name, origin := range p.origin {
		if origin == path {
			names[name] = struct{}{}
		}
	}
	return names
}

func (p *provider) takeBack(names map[string]struct{}) error {
	for name := range names {
		if err := os.Unsetenv(name); err != nil {
			return fmt.Errorf("cannot unset a variable: %w", err)
		}
		delete(p.origin, name)
	}
	return nil
}

// log names only variables that the environment had anyway: a broken line of the file may have a secret where a name
// should be.
func (p *provider) log(path string, set int, kept []string) {
	p.logger.Info("Read the variables of a .env file",
		zap.String("path", path), zap.Int("set", set), zap.Strings("already_in_environment", kept))
}
