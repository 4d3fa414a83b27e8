# Everything that a developer types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

BIN      := bin/otelcol-voice
DATA     ?= $(or $(OTELCOL_VOICE_DATA),data)
ENV_FILE ?=
TOOL     := go tool -modfile=$(CURDIR)/tools/go.mod
RACE     := $(shell command -v $(firstword $(shell go env CC)) >/dev/null && echo -race)
MODULES  := . cmd/voice-demo grafana test/e2e
OURS      = $(shell git ls-files -co --exclude-standard '*.go' | grep -v -e generated_ -e ^cmd/otelcol-voice/)

# DEMO=-own makes the demo start a collector on free ports; DATA is where a collector keeps its files and the demo looks for them;
# CONFIG="--config a.yaml --config b.yaml" replaces the configuration.
# With ENV_FILE the bot's own .env is read as it is (no shell cuts its values) and data goes to Grafana Cloud;
# without it everything stays on this machine.
ifeq ($(ENV_FILE),)
CONFIG ?= --config config/local.yaml
else
CONFIG ?= --config dotenv:$(ENV_FILE) --config config/collector.yaml
endif

##@ Use

.PHONY: build
build: bin/voiceprices ## Build bin/otelcol-voice and bin/voiceprices
	@test -e $(BIN) || echo "building $(BIN): the first time takes a few minutes"
	@cd cmd/otelcol-voice && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o ../../$(BIN) .
	@echo "$(BIN): $$($(BIN) --version)"

.PHONY: bin/voiceprices
bin/voiceprices:
	@CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $@ ./cmd/voiceprices

.PHONY: prices
prices: bin/voiceprices ## Check the price book; warn of prices that nobody has verified for 120 days
	@bin/voiceprices check

.PHONY: run
run: build ## Run it: local, or with ENV_FILE=.env to Grafana Cloud
	@OTELCOL_VOICE_DATA=$(DATA) $(BIN) validate $(CONFIG)
	@scripts/hello.sh "$(CONFIG)" "$(DATA)"
	@OTELCOL_VOICE_DATA=$(DATA) exec $(BIN) $(CONFIG)

.PHONY: demo
demo: build ## Play a few calls, show what they cost, and write a report of them (uses a running collector, else starts one)
	@cd cmd/voice-demo && go build -o ../../bin/voice-demo . && cd ../.. && OTELCOL_VOICE_DATA=$(DATA) bin/voice-demo $(DEMO)

##@ Develop

.PHONY: test
test: build test-unit test-e2e validate ## Run every test: unit with the race detector, the binary end to end, the shipped YAML

.PHONY: test-unit
test-unit:
	@test -n "$(RACE)" || echo "no C compiler: the race detector, which needs one, is off"
	go test $(RACE) ./...
	cd cmd/voice-demo && go test $(RACE) ./...
	cd grafana && go test ./...

.PHONY: test-e2e
test-e2e: build
	cd test/e2e && go test ./...

.PHONY: report-test
report-test: ## Look at the demo's report in a headless Chromium (scripts/install-chromium.sh says how to get one)
	@scripts/install-chromium.sh
	cd cmd/voice-demo && go test -count 1 -tags browser -run Browser ./internal/report

.PHONY: report-image
report-image: ## Take the pictures of the report anew (docs/images)
	@scripts/install-chromium.sh
	cd cmd/voice-demo && go test -count 1 -tags browser -run BrowserPictures ./internal/report -args -update

.PHONY: bench
bench: ## Run the benchmarks with allocations
	go test -run '^$$' -bench . -benchmem ./...
	cd test/e2e && go test -run '^$$' -bench . -cpu 1 ./socketbench ./costbench
	cd test/e2e && go test -run '^$$' -bench . ./rollupbench

.PHONY: corpus
corpus: ## Write the payloads of the published SDKs anew (internal/dialect/*/testdata/sdk_*)
	@scripts/corpus/generate.sh

ORACLE_N ?= 2000
.PHONY: oracle
oracle: ## Compare ORACLE_N (2000) made-up usages with what genai-prices says that they cost; needs node and npm
	@scripts/oracle/run.sh $(ORACLE_N)

.PHONY: interop
interop: build ## Run real bots (Pipecat, LiveKit, the OpenTelemetry SDK) against the binary; installs their packages from PyPI
	@scripts/interop/run.sh $(BIN)

.PHONY: schema
schema: ## Check the dashboards against the types that Grafana publishes for them; needs node and npm
	@scripts/schema/run.sh

FUZZTIME ?= 60s
.PHONY: fuzz
fuzz: ## Fuzz each decoder for FUZZTIME (60s)
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: soak
soak: ## What takes long: every fuzz target for 5 minutes, 150,000 usages of the oracle, 3,000 stories of each kind about money, the e2e tests 10 times, with 100 kills each
	@scripts/fuzz.sh 5m
	@scripts/oracle/run.sh 150000
	OTELCOL_VOICE_WORLDS=3000 go test -timeout 60m -run 'Conserved|PartsAreTheWhole' ./processor/costprocessor
	cd test/e2e && OTELCOL_VOICE_KILLS=100 go test -count 10 ./...

.PHONY: validate
validate: build ## Let the binary check every YAML that is shipped or shown in docs
	@scripts/validate.sh $(BIN)

.PHONY: generate
generate: ## Regenerate the distribution (ocb), the components' metadata (mdatagen) and what Grafana is given
	go generate ./...
	cd grafana && go generate ./...
	$(TOOL) builder --config builder-config.yaml --skip-compilation
	$(TOOL) gofumpt -w cmd/otelcol-voice

.PHONY: check-generated
check-generated: generate ## Fail if what is generated differs from what is committed
	@git diff --exit-code --stat -- . || { echo "generated files are out of date: run 'make generate' and commit"; exit 1; }
	@test -z "$$(git ls-files -o --exclude-standard)" || { git ls-files -o --exclude-standard; echo "generated files are not committed"; exit 1; }

.PHONY: check-versions
check-versions: ## Fail if go.mod or tools/go.mod name other versions than builder-config.yaml
	@scripts/check-versions.sh

.PHONY: fmt
fmt: ## Format
	@$(TOOL) gofumpt -w $(OURS)

.PHONY: lint
lint: check-versions ## Format check, go vet, staticcheck
	@test -z "$$($(TOOL) gofumpt -l $(OURS))" || { $(TOOL) gofumpt -l $(OURS); echo "not formatted: run 'make fmt'"; exit 1; }
	@for m in $(MODULES); do (cd $$m && go vet -tags interop,browser ./... && $(TOOL) staticcheck -tags interop,browser ./...) || exit 1; done

.PHONY: clean
clean: ## Remove what was built; data/ stays, it may hold what is still to be sent
	rm -rf bin

.PHONY: help
help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
