# Each command is a script in .ci: it says what it does and how far it is, and is quick the second time.

.DEFAULT_GOAL := help
.PHONY: help run demo test bench simulate screenshots

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name what; do printf '%-17s%s\n' "$$name" "$$what"; done

run: ## the server with its console on http://127.0.0.1:8080, its data in ./data
	@bash .ci/serve

demo: ## the same with a dozen agents that come and go, in a minute of two seconds; leaves nothing behind
	@bash .ci/demo

test: ## everything that is tested; STEPS="..." for some of it, as in: make test STEPS="fmt clippy"
	@bash .ci/test $(STEPS)

screenshots: ## pictures of every page, three widths, dark and light, into docs/screenshots
	@bash .ci/screenshots

simulate: ## one simulated world, all that happens in it; SEED=7, OPTIONS="--fault sweep"
	@cargo run --quiet -p rollcall-simulation -- --seed $(or $(SEED),0) --trace $(OPTIONS)

bench: ## ours beside its floors and its peers, about an hour; ROWS="heartbeats expiry" for some, OPTIONS=--quick for one round
	@bash .ci/bench $(OPTIONS) $(ROWS)
