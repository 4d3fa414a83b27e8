// Package dotenvprovider implements a confmap.Provider with the scheme "dotenv": it reads a .env file without a shell,
// sets its variables in the environment of the process and contributes no configuration. Since the collector reads
// all --config locations before it expands any "${env:…}", the variables are there wherever they are used.
//
//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml
package dotenvprovider
