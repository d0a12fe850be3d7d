# make demo and make test do all the set-up they need; make check is what CI runs.

GO      ?= go
LINT     = $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULN     = $(GO) run golang.org/x/vuln/cmd/govulncheck@v1.8.0
DEMO     = examples/template-job
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
FUZZTIME ?= 60s
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
RELEASED ?= $(shell git log -1 --format=%cs 2>/dev/null)
PREFIX  ?= /usr/local
BUILDER ?= docker
# Only images in the format of Docker know a health check; podman and buildah have another one as well.
BUILDFLAGS ?= $(if $(filter docker,$(BUILDER)),,--format docker)
SHARE    = $(DESTDIR)$(PREFIX)/share

.PHONY: build demo install uninstall image test soak fuzz bench dist picture lint format vet cross vuln check clean

build: ## the command, in bin/
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION) -X main.released=$(RELEASED)" -o bin/reelmerge ./cmd/reelmerge

demo: build ## the example, from a sheet to videos: no key, no cost
	rm -rf $(DEMO)/out
	./bin/reelmerge check $(DEMO)/campaign.yaml
	./bin/reelmerge plan $(DEMO)/campaign.yaml
	./bin/reelmerge run $(DEMO)/campaign.yaml
	./bin/reelmerge status $(DEMO)/campaign.yaml
	./bin/reelmerge sandbox bank --state $(DEMO)/out/campaign/sandbox/sandbox.db
	./bin/reelmerge preview $(DEMO)/campaign.yaml
	@echo
	@echo "The sheet with links and costs: $(DEMO)/out/campaign/sandbox/results.xlsx"
	@echo "One of the videos:              $$(ls $(DEMO)/out/campaign/sandbox/videos/*.mp4 | head -1)"
	@echo "The rows that deserve a look:   $(DEMO)/out/campaign/sandbox/preview.html"

install: build ## the command, its manual pages and completions, below PREFIX (and DESTDIR, for packagers)
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
	  $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d $(SHARE)/reelmerge
	install -m 755 bin/reelmerge $(DESTDIR)$(PREFIX)/bin/reelmerge
	./bin/reelmerge man $(SHARE)/man/man1
	./bin/reelmerge completion bash > $(SHARE)/bash-completion/completions/reelmerge
	./bin/reelmerge completion zsh > $(SHARE)/zsh/site-functions/_reelmerge
	./bin/reelmerge completion fish > $(SHARE)/fish/vendor_completions.d/reelmerge.fish
	./bin/reelmerge completion powershell > $(SHARE)/reelmerge/reelmerge.ps1

uninstall: ## takes away what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/reelmerge $(SHARE)/man/man1/reelmerge.1 $(SHARE)/man/man1/reelmerge-*.1
	rm -f $(SHARE)/bash-completion/completions/reelmerge $(SHARE)/zsh/site-functions/_reelmerge
	rm -f $(SHARE)/fish/vendor_completions.d/reelmerge.fish
	rm -rf $(SHARE)/reelmerge

image: ## the image of a container; BUILDER=podman or BUILDER=buildah builds it without Docker
	rm -rf bin/image
	mkdir -p bin/image/owned/campaigns bin/image/owned/tmp
	chmod 1777 bin/image/owned/tmp
	CGO_ENABLED=0 GOOS=linux $(GO) build -tags container -trimpath -ldflags "-s -w -X main.version=$(VERSION) -X main.released=$(RELEASED)" -o bin/image/reelmerge ./cmd/reelmerge
	$(BUILDER) build $(BUILDFLAGS) -t reelmerge .

# The command's tests start the program some thousand times, and those of the report open
# browsers and write large workbooks: a build that looks for races takes four times as long
# there. Sheets and templates are read by one goroutine. So RACE=1 looks for races in the
# packages that do something at the same time, and in the scripts of the command that run
# campaigns.
ALONE = /cmd/reelmerge$$|/internal/(dist|xmltoken)$$|/reelmerge/(report|schema|serve|sources|templates)$$|/sources/|/templates/|/examples/
RACED = usual_campaign|run_events|webhooks|long_videos|retry_cancel|resolve_people|approval

# Many tests wait, for a program, a browser or a pause. So more packages are tested at a
# time than there are processors.
PACKAGES ?= 4

test: ## every test; RACE=1 looks for data races as well
ifdef RACE
	$(GO) test -p $(PACKAGES) -race -timeout 20m $$($(GO) list ./... | grep -vE '$(ALONE)')
	$(GO) test -p $(PACKAGES) -race -timeout 20m -run 'TestScripts/($(RACED))$$' ./cmd/reelmerge
	$(GO) test -p $(PACKAGES) -race -timeout 20m -run 'Approval|Question|Elsewhere|Mended|ALink|Metrics' ./serve
	$(GO) test -p $(PACKAGES) -timeout 20m $$($(GO) list ./... | grep -E '$(ALONE)')
else
	$(GO) test -p $(PACKAGES) -timeout 20m ./...
endif

soak: ## every pair of crashes of the engine, 500 kills of the real program over 2,000 rows, sixty campaigns that are edited while they run, with faults, 500 failing system calls and 100 kills in other commands, 200 rows of each described service with faults and kills, 100 kills of a chain of steps, a fleet of three machines in 50 troubles at services with and without a search, without its guards, its takeovers, its limits and its database, 504 workbooks of seven writers, and stills and GIFs of 200 videos
	REELMERGE_SOAK=1 $(GO) test -count=1 -timeout 60m -run "AtEveryPair" ./engine
	REELMERGE_SOAK=1 $(GO) test -count=1 -timeout 60m -run "KilledAgainAndAgain|KilledWithKeys|LivingCampaign|BuyNothingTwice|AlsoAfterKills" -v ./cmd/reelmerge
	REELMERGE_SOAK=1 $(GO) test -count=1 -timeout 90m -run "Fleet|Takeover|FourMachines|SlowDown|TheServerIsKilled" -v ./cmd/reelmerge
	REELMERGE_SOAK=1 $(GO) test -count=1 -timeout 60m ./examples/services
	REELMERGE_SOAK=1 $(GO) test -count=1 -timeout 60m -run "TheExampleOfSteps" -v ./examples/samsar
	-npm install --prefix report/testdata/writers --no-audit --no-fund --silent
	REELMERGE_SOAK=1 $(GO) test -count=1 -timeout 60m -run "SevenWriters" -v ./report

fuzz: ## every fuzz target, FUZZTIME each
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg || exit 1; \
	  done; \
	done

bench: ## side by side with the peer of bench/, and the kept benchmarks; needs node and npm
	bench/compare csv 1000000
	bench/compare xlsx 50000
	REELMERGE_BENCH=1 $(GO) test -count=1 -timeout 30m -v -run 'Exchange|StaysSmall|LargeSheet|DisplayCost' ./bench ./report ./cmd/reelmerge
	$(GO) test -run '^$$' -bench . -benchmem ./bench ./templates ./ledger/boltstore ./providers/declared

dist: ## archives for every platform, Debian packages, their modules (CycloneDX) and checksums; twice gives the same bytes
	$(GO) run ./internal/dist -version "$(VERSION)" -released "$(RELEASED)" -out dist $(PLATFORMS)

picture: ## the picture of the README, from a run on the simulator
	$(GO) run ./internal/picture

format:
	@test -z "$$(gofmt -l . | tee /dev/stderr)"

vet:
	$(GO) vet ./...

lint:
	$(LINT) run

cross: ## builds for every platform
	@for p in $(PLATFORMS); do \
	  echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} CGO_ENABLED=0 $(GO) build -trimpath -o /dev/null ./cmd/reelmerge || exit 1; \
	done

vuln: ## known vulnerabilities; without the database it says so and goes on
	@$(VULN) ./... || echo "govulncheck could not finish; see above"

check: format vet lint cross ## what CI runs, but for the tests and the demo
	$(MAKE) test RACE=1
	$(MAKE) demo

clean:
	rm -rf bin dist $(DEMO)/out
