# The only door: `make help` lists what it leads to.
SHELL   := /bin/bash
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := bin/hlspeer
# For `make e2e` only: what real players need, in Debian's packages, and those of
# the page that the browser opens; what looks at units and metrics,
# and other machines.
E2E_PACKAGES := ffmpeg tmux mandoc mpv vlc-bin vlc-plugin-base util-linux chromium streamlink gstreamer1.0-tools gstreamer1.0-libav \
                $(addprefix gstreamer1.0-plugins-,base good bad) \
                systemd strace prometheus qemu-user-static dpkg
E2E_TOOLS    := ffmpeg ffplay tmux mandoc mpv cvlc setpriv streamlink gst-launch-1.0 chromium npm \
                systemd-analyze strace promtool qemu-aarch64-static qemu-mipsel-static dpkg unshare
E2E_ELEMENTS := playbin3 hlsdemux2 tsdemux avdec_h264
# What the tests that failed have said, without the logs of their processes:
# those fill hundreds of lines.
E2E_FAILED   := awk '/^=== (RUN|NAME|CONT)/ {t = $$3} /^ *--- / {t = $$3} /^ *[a-z0-9_]+_test\.go:[0-9]+:/ {said[t] = said[t] $$0 "\n"} \
                /^ *--- FAIL/ {failed[++n] = $$3} /^panic/ {said[t] = said[t] $$0 "\n"; failed[++n] = t} \
                END {for (i = 1; i <= n; i++) printf "== %s\n%s", failed[i], said[failed[i]]}'
PAGE         := cmd/hlspeer/testdata/browser
LIBRARIES    := $(PAGE)/node_modules/.package-lock.json
FUZZTIME ?= 30s

# The Debian package. Its version begins with a digit, whatever the commit is called.
# nfpm is no tool of go.mod: with it come fifty modules that nothing else needs.
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.0
DEB_ARCH    ?= $(shell go env GOARCH | sed 's/^arm$$/armhf/')
DEB_VERSION := $(shell echo '$(VERSION)' | sed -E 's/^v//; /^[0-9]+\./!s/^/0~/')
DEB_BINARY   = bin/release/hlspeer-linux-$(subst armhf,armv7,$(DEB_ARCH))
DEB_SHARE   := bin/deb/share

# Releases: static, and the same bytes from the same commit and Go, wherever they are
# built. Without what only debuggers read, which is a third of each file; traces of
# panics do not need it.
PLATFORMS := $(addprefix linux-,amd64 arm64 armv7 mipsle riscv64) darwin-amd64 darwin-arm64 windows-amd64.exe
RELEASES  := $(addprefix bin/release/hlspeer-,$(PLATFORMS))
STATIC    := CGO_ENABLED=0 GOFLAGS= GOAMD64=v1 GOARM64=v8.0 GOARM=7 GOMIPS=softfloat GORISCV64=rva20u64
STRIPPED  := -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: help run build test race chaos fuzz bench microbench lint e2e attack deps debian release deb fmt clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## the demo: a channel, a tracker and four peers on this machine
	@$(BIN) demo

build: ## the binary, in bin/
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o $(BIN) ./cmd/hlspeer

release: $(RELEASES) ## static binaries for all platforms, in bin/release/, with checksums
	@cd bin/release && sha256sum $(notdir $(RELEASES)) >SHA256SUMS && wc -c $(notdir $(RELEASES))

$(RELEASES): bin/release/hlspeer-%: FORCE
	$(STATIC) GOOS=$(firstword $(subst -, ,$*)) GOARCH=$(subst armv7,arm,$(basename $(lastword $(subst -, ,$*)))) \
	  go build $(STRIPPED) -o $@ ./cmd/hlspeer

deb: build ## a Debian package, in bin/release/; DEB_ARCH=arm64, armhf or riscv64 for another machine
	@$(MAKE) -s $(DEB_BINARY)
	@rm -rf bin/deb && mkdir -p $(DEB_SHARE)/doc/hlspeer/examples $(DEB_SHARE)/bash-completion/completions
	@$(BIN) peer --example-config >$(DEB_SHARE)/doc/hlspeer/examples/peer.yaml
	@$(BIN) tracker --example-config >$(DEB_SHARE)/doc/hlspeer/examples/tracker.yaml
	@$(BIN) completion bash >$(DEB_SHARE)/bash-completion/completions/hlspeer
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 0) $(BIN) man $(DEB_SHARE)/man/man1 >/dev/null && gzip -9n $(DEB_SHARE)/man/man1/*
	@find bin/deb -type d -exec chmod 755 {} + && find bin/deb -type f -exec chmod 644 {} +
	@DEB_ARCH=$(DEB_ARCH:armhf=arm7) DEB_VERSION='$(DEB_VERSION)' BINARY=$(DEB_BINARY) SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 0) \
	  go run $(NFPM) package -f nfpm.yaml -p deb -t bin/release/

test: ## all Go tests
	go test -timeout 170s ./...

race: ## all Go tests under the race detector
	go test -race -timeout 600s ./...

chaos: ## an hour of channel time in which all goes wrong, in a minute; CHAOS_SEED=n for one that was printed
	go test -tags chaos -count 1 -timeout 900s -v -run '^TestChaosHour' ./peer/lab

fuzz: ## every fuzz target for FUZZTIME each (30s)
	@set -o pipefail; for pkg in $$(go list ./...); do go test -list '^Fuzz' $$pkg | sed -n "s|^Fuzz.*|$$pkg &|p"; done | \
	  xargs -P 2 -n 2 bash -c 'out=$$(go test -run "^$$" -parallel 1 -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$0 2>&1); rc=$$?; \
	    echo "== $$0 $$1"; echo "$$out" | tail -n $$([ $$rc = 0 ] && echo 2 || echo 60); exit $$rc'

bench: ## the data plane against what could be had here, as ratios; writes docs/performance.md, and BENCH_JSON=file
	go run ./cmd/bench $(if $(BENCH_JSON),--json '$(BENCH_JSON)')

microbench: ## all Go benchmarks, six rounds; `go tool benchstat old.txt new.txt` compares two commits
	go test -run '^$$' -bench . -benchmem -count 6 ./...

lint: ## formatting, vet, staticcheck, tidy modules; prints nothing when all is well
	@out=$$(go tool gofumpt -l .); [ -z "$$out" ] || { echo "not gofumpt-formatted:"; echo "$$out"; exit 1; }
	go vet ./... && go vet -tags e2e ./cmd/hlspeer && go vet -tags chaos ./peer/lab
	GOOS=windows GOARCH=386 go vet ./... # another system, and 32 bits
	go tool staticcheck ./...
	go mod tidy -diff
	@out=$$(go fix -diff ./... 2>&1); [ -z "$$out" ] || { echo "$$out"; exit 1; }

e2e: deps bin/release/hlspeer-linux-arm64 bin/release/hlspeer-linux-mipsle ## real players and processes; installs what they need
	@mkdir -p bin; set -o pipefail; \
	go test -tags e2e -count 1 -timeout 1200s -v -run '^TestE2E' ./cmd/hlspeer | tee bin/e2e.log || { $(E2E_FAILED) bin/e2e.log; exit 1; }

attack: ## hostile peers, trackers, sources and pages against real processes; HLSPEER_UPDATE=1 writes the table to docs/security.md
	go test -tags e2e -count 1 -timeout 300s -v -run '^TestE2EAttack$$' ./cmd/hlspeer

deps: $(LIBRARIES) ## what make e2e needs, where it is missing: Debian packages, and npm's for a page

debian:
	@missing() { for t in $(E2E_TOOLS); do command -v $$t >/dev/null || echo $$t; done; \
	  for e in $(E2E_ELEMENTS); do gst-inspect-1.0 --exists $$e 2>/dev/null || echo $$e; done; }; \
	m=$$(echo $$(missing)); if [ -n "$$m" ]; then echo "installing for e2e: $$m"; \
	  apt-get -o DPkg::Lock::Timeout=900 -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=900 -qq install -y --no-install-recommends \
	    $(E2E_PACKAGES) $$(command -v npm >/dev/null || echo npm) >/dev/null; \
	fi; m=$$(echo $$(missing)); [ -z "$$m" ] || { echo "missing, and could not be installed: $$m"; exit 1; }

$(LIBRARIES): $(PAGE)/package.json $(PAGE)/package-lock.json | debian
	npm ci --prefix $(PAGE) --ignore-scripts --no-audit --no-fund --loglevel=error

fmt: ## format all Go files
	go tool gofumpt -w .

clean: ## remove what was built
	rm -rf bin
