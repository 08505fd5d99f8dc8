# Every verb of the project. `make` alone prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Node 24 comes from the lockfile, whatever the machine has.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
NODE := node --disable-warning=ExperimentalWarning
INSTALLED := node_modules/.package-lock.json
JEST := node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js

.PHONY: help run test check fmt bench settings clean install test-tools audit

help: ## print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: install ## the whole product in one process at http://127.0.0.1:8080; prints two curl lines that work
	@exec $(NODE) services/cli/hallpass.js all

test: install test-tools ## every test (ARGS="test/gateway" for some)
	@$(JEST) $(ARGS)

check: install ## format, lint, types, import rules, dependency audit
	@prettier --check .
	@eslint .
	@tsc -p tsconfig.json
	@$(JEST) --silent test/architecture.test.ts
	@$(NODE) test/audit/audit.ts

fmt: install ## put every file into its form
	@$(NODE) test/docs/generated.ts
	@prettier --write --log-level warn .

bench: install ## measure hallpass beside nginx, Apache and bare oidc-provider (ARGS="token-issue" for one)
	@bash test/support/install-tools.sh bench
	@taskset -c 0 $(NODE) test/bench/main.ts $(ARGS)

settings: install ## print every setting, as the README has them
	@$(NODE) services/cli/hallpass.js settings

clean: ## remove what was installed and made, but never data/
	rm -rf node_modules test/peers/*/node_modules coverage test/artefacts

install: $(INSTALLED)

$(INSTALLED): package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel error
	@ln -sf ../../services/cli/hallpass.js node_modules/.bin/hallpass # npx would make a copy of its own for it
	@touch $@

# Debian packages that only the tests need: real servers, and the compose file's own validator.
test-tools:
	@bash test/support/install-tools.sh
