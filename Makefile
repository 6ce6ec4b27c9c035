# `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
REVISION ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.revision=$(REVISION)
GOBUILD  := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
IMAGE    ?= orchestrator-watchdog:local
# A number of runs: before Go 1.27 a duration fails a target at random when it ends (go.dev/issue/75804).
FUZZTIME ?= 100000x
BENCHTIME ?= 1s
SOAK ?= 1000

.PHONY: build
build: ## the static binary, bin/watchdog
	$(GOBUILD) -o bin/watchdog ./cmd/watchdog

.PHONY: build-arm
build-arm: ## the static binaries for arm64 and armv7: bin/watchdog-arm64 and bin/watchdog-armv7
	GOOS=linux GOARCH=arm64 $(GOBUILD) -o bin/watchdog-arm64 ./cmd/watchdog
	GOOS=linux GOARCH=arm GOARM=7 $(GOBUILD) -o bin/watchdog-armv7 ./cmd/watchdog

.PHONY: release
release: ## bin/release: binaries and images for amd64, arm64 and armv7, checksums, bill of materials, notes
	@git diff --quiet HEAD || { echo "a release is built from a commit: commit your changes first"; exit 1; }
	go -C .ci/tools run ./release -source ../.. -out ../../bin/release -version '$(VERSION)' -revision '$(REVISION)'
	@cat bin/release/SHA256SUMS

.PHONY: release-test
release-test: ## tests that releases are reproducible and run on the engines and on armv7
	go -C .ci/tools test -timeout 15m ./...

.PHONY: vuln
vuln: .tools/govulncheck ## known vulnerabilities in the code that the binary calls (govulncheck)
	@if ! found=$$(.tools/govulncheck ./... 2>&1); then \
		case "$$found" in \
		*"fetching vulnerabilities"*) echo "nothing was checked: vuln.go.dev can't be reached" ;; \
		*) echo "$$found"; exit 1 ;; \
		esac; \
	else echo "$$found"; fi

.PHONY: test
test: ## all tests under the race detector, including those on real engines and servers; a thousand simulated days without it
	@command -v "$$(go env CC)" >/dev/null || { echo "the race detector needs a C compiler: apt-get install gcc libc6-dev"; exit 1; }
	go test -race -timeout 20m ./...
	go test ./supervisor -run 'TestFleet$$' -hosts 1000 -v -timeout 20m | grep -Ev '^=== |^ *--- PASS'

.PHONY: short
short: ## the tests that need no engine, server or process
	go test -short ./...

.PHONY: check
check: vet lint build-arm test release-test fuzz-briefly ## everything that CI runs

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: .tools/golangci-lint ## golangci-lint, as pinned in .ci/tools/go.mod
	.tools/golangci-lint run ./...

.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME (100000x) runs each
	@failed=; for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' "$$pkg"/*_test.go | cut -d ' ' -f 2); do \
			echo "== $$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x "$$pkg" | grep -v '^fuzz: elapsed' || failed="$$failed $$target"; \
		done; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

.PHONY: fuzz-briefly
fuzz-briefly: ## every fuzz target, 5,000 runs each
	@$(MAKE) --no-print-directory fuzz FUZZTIME=5000x

.PHONY: soak
soak: ## the long checks (hours): every sequence of steps, and a simulated month of each of SOAK (1000) hosts
	go test ./actors/core -run EverySequence -exhaustively -v -timeout 2h
	go test ./supervisor -run 'TestFleet$$' -hosts $(SOAK) -hours 720 -v -timeout 0 | grep -Ev '^=== |^ *--- PASS'

.PHONY: bench
bench: bench-code bench-process ## bench-code and bench-process

.PHONY: bench-code
bench-code: .tools/benchstat ## the Go benchmarks, through benchstat
	@mkdir -p bin
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./... | tee bin/bench.txt | grep -E '^(goos|goarch|pkg|cpu|Benchmark)' > bin/bench-only.txt
	.tools/benchstat bin/bench-only.txt

.PHONY: bench-process
bench-process: build ## measures the process and writes docs/performance.md: time to tell, idle cost, checks, growth (10 min)
	go run ./cmd/watchdog-bench -write docs/performance.md

.PHONY: fleet
fleet: build ## 50 watchdogs with 100 signals each against one Alertmanager (5 min)
	FLEET=$(CURDIR)/bin/watchdog go test -count=1 -v -timeout 10m -run TestAFleetAgainstOneAlertmanager ./cmd/watchdog | grep -v 'level='

.PHONY: image
image: build ## the image, built from the local binary; nothing is pulled
	mkdir -p bin/certs bin/volume
	go -C .ci/tools run ./authorities > bin/certs/ca-certificates.crt
	docker build -q -t $(IMAGE) -f deploy/Dockerfile .

.PHONY: image-size
image-size: image ## prints the image's size, and the memory of an idle container after 20 s
	@docker image inspect -f 'image: {{.Size}} bytes' $(IMAGE)
	@id=$$(docker run -d --read-only --cap-drop ALL -e WATCHDOG_DOCKER_HOST=off $(IMAGE)); \
		sleep 20; docker stats --no-stream --format 'idle memory: {{.MemUsage}}' $$id; docker rm -f $$id >/dev/null

.PHONY: demo
demo: build ## a demo of 45 s against fakes: what the watchdog tells when something breaks
	@bin/watchdog demo

.PHONY: pictures
pictures: ## the pictures in docs: messages from the golden files (in headless Chromium), and charts
	go test -count 1 ./docs -run Pictures -update
	docs/pictures/take.sh
	dir=$$(mktemp -d) && WATCHDOG_TEST_PICTURES=$$dir go test -count 1 ./actors/history/chart -run Pictures && \
		cp $$dir/chart.png $$dir/chart-levels.png docs/pictures && rm -r $$dir

.PHONY: run
run: build ## the daemon, with the settings of this shell
	bin/watchdog run

.PHONY: help
help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-13s %s\n", $$1, $$2}'

.tools/%: .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p .tools
	cd .ci/tools && go build -o ../../.tools/$* $$(go list -f '{{.ImportPath}}' tool | grep '/$*$$')
