# `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
REVISION ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -X main.version=$(VERSION) -X main.revision=$(REVISION)
GOBUILD  := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
IMAGE    ?= orchestrator-watchdog:local
# Runs, not seconds: before Go 1.27 the end of a time fails a target at random (go.dev/issue/75804).
FUZZTIME ?= 100000x
BENCHTIME ?= 1s
SOAK ?= 1000

.PHONY: build
build: ## the static binary, bin/watchdog
	$(GOBUILD) -o bin/watchdog ./cmd/watchdog

.PHONY: build-arm
build-arm: ## the same for arm64 and armv7, bin/watchdog-arm64 and bin/watchdog-armv7
	GOOS=linux GOARCH=arm64 $(GOBUILD) -o bin/watchdog-arm64 ./cmd/watchdog
	GOOS=linux GOARCH=arm GOARM=7 $(GOBUILD) -o bin/watchdog-armv7 ./cmd/watchdog

.PHONY: release
release: ## what is handed out, bin/release: binaries and images for amd64, arm64 and armv7, sums, materials, notes
	@git diff --quiet HEAD || { echo "a release is of a commit: commit what is changed first"; exit 1; }
	go -C .ci/tools run ./release -source ../.. -out ../../bin/release -version '$(VERSION)' -revision '$(REVISION)'
	@cat bin/release/SHA256SUMS

.PHONY: release-test
release-test: ## that the same source gives the same release, and that engines and an armv7 take it
	go -C .ci/tools test -timeout 15m ./...

.PHONY: vuln
vuln: .tools/govulncheck ## known vulnerabilities in what the binary calls, by govulncheck's database
	@if ! found=$$(.tools/govulncheck ./... 2>&1); then \
		case "$$found" in \
		*"fetching vulnerabilities"*) echo "nothing was checked: the database at vuln.go.dev can't be reached" ;; \
		*) echo "$$found"; exit 1 ;; \
		esac; \
	else echo "$$found"; fi

.PHONY: test
test: ## all tests under the race detector, those on real engines and servers among them
	@command -v "$$(go env CC)" >/dev/null || { echo "the race detector needs a C compiler: apt-get install gcc libc6-dev"; exit 1; }
	go test -race -timeout 20m ./...

.PHONY: short
short: ## the tests without engines, servers and processes, for the inner loop
	go test -short ./...

.PHONY: check
check: vet lint build-arm test release-test fuzz-briefly ## everything that CI runs

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: .tools/golangci-lint ## golangci-lint, at the version pinned in .ci/tools/go.mod
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
soak: ## the long proofs, for hours: every sequence of steps, and a simulated month of each of SOAK (1000) hosts
	go test ./actors/core -run EverySequence -exhaustively -v -timeout 2h
	go test ./supervisor -run 'TestFleet$$' -hosts $(SOAK) -hours 720 -v -timeout 0

.PHONY: bench
bench: bench-code bench-process ## both of the next

.PHONY: bench-code
bench-code: .tools/benchstat ## the benchmarks of the code, in benchstat's format
	@mkdir -p bin
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./... | tee bin/bench.txt | grep -E '^(goos|goarch|pkg|cpu|Benchmark)' > bin/bench-only.txt
	.tools/benchstat bin/bench-only.txt

.PHONY: bench-process
bench-process: build ## the watchdog as a process, into docs/performance.md: faults to requests, idle cost, checks, growth (10 min)
	go run ./cmd/watchdog-bench -write docs/performance.md

.PHONY: fleet
fleet: build ## 50 watchdogs of 100 signals against one Alertmanager: nothing lost or doubled, what a host costs (5 min)
	FLEET=$(CURDIR)/bin/watchdog go test -count=1 -v -timeout 10m -run TestAFleetAgainstOneAlertmanager ./cmd/watchdog | grep -v 'level='

.PHONY: image
image: build ## the image, from the local binary; nothing is pulled
	mkdir -p bin/certs bin/volume
	go -C .ci/tools run ./authorities > bin/certs/ca-certificates.crt
	docker build -q -t $(IMAGE) -f deploy/Dockerfile .

.PHONY: image-size
image-size: image ## prints the image's size, and the memory of a container that idles for 20 s
	@docker image inspect -f 'image: {{.Size}} bytes' $(IMAGE)
	@id=$$(docker run -d --read-only --cap-drop ALL -e WATCHDOG_DOCKER_HOST=off $(IMAGE)); \
		sleep 20; docker stats --no-stream --format 'idle memory: {{.MemUsage}}' $$id; docker rm -f $$id >/dev/null

.PHONY: demo
demo: build ## a film of 45 s on embedded stand-ins: what the watchdog tells when something breaks, and what not
	@bin/watchdog demo

.PHONY: pictures
pictures: ## the pictures in docs: of the golden messages, in headless Chromium, and of charts
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
