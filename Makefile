# `make` lists the targets. Needs python3 (3.11 or later), git and GNU make; the rest it gets itself.

SHELL := /bin/sh
BIN := .venv/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# The first Python on the PATH that is new enough; `make setup PYTHON=…` names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

# $(call install,PACKAGE): through apt, when this user may; else print the command and fail.
install = as_root=; \
	if ! command -v apt-get >/dev/null; then \
		echo "Please install the package $(1), then run make again." >&2; exit 1; \
	elif [ "$$(id -u)" != 0 ]; then \
		as_root="sudo -n"; \
		sudo -n true 2>/dev/null || { \
			echo "Please run this, then run make again:" >&2; \
			echo "  sudo apt-get install $(1)" >&2; exit 1; }; \
	fi; \
	echo "Installing $(1) with apt-get."; \
	$$as_root apt-get update -qq; \
	$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		$(1) >/dev/null

.PHONY: help setup sandbox demo check quick test test-frameworks test-site test-hub lint hints \
	release solutions lab bundle site formgrader bench

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 24

setup: .venv/installed ## build the Python environment in .venv

.venv/installed: extras := grading,test
.venv/installed: constraints.txt
.venv-frameworks/installed: extras := grading,test,frameworks
.venv-frameworks/installed: constraints.txt constraints-frameworks.txt
.venv-site/installed: extras := site
.venv-site/installed: constraints.txt constraints-site.txt

.venv/installed .venv-frameworks/installed .venv-site/installed: pyproject.toml config_errors.pth
	@if ! "$(PYTHON)" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		python="$(or $(PYTHON),python3)"; \
		echo "This course needs Python 3.11 or later. $$python says:" \
			"$$("$$python" --version 2>&1)" >&2; \
		echo "Install a newer one, or name it: make setup PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		package=$$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		echo "$(PYTHON) cannot make virtual environments without the package $$package."; \
		$(call install,$$package); \
	fi
	@echo "Building the Python environment in $(@D) (a few minutes)."
	@"$(PYTHON)" -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check \
		$(addprefix --constraint ,$(filter constraints%,$^)) --editable '.[$(extras)]'
	@cp config_errors.pth "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	@touch $@

sandbox: setup ## check that submitted code can be sealed; install bubblewrap if it is missing
	@command -v bwrap >/dev/null || ( $(call install,bubblewrap) ) || \
		echo "Going on without bubblewrap: Landlock may seal code, too." >&2
	@$(BIN)/python -m grading sandbox

demo: setup ## grade a small made-up class in demo/ and show the scores
	@$(MAKE) --no-print-directory sandbox || \
		echo "WARNING: going on without a sandbox, for the demo grades its own submissions only." >&2
	@$(BIN)/python -m grading demo source/module3_tuning_batchnorm/2_batch_norm.ipynb

# $(1): a test whether it is there, $(2): packages. Where they cannot be had, tests are skipped.
optional = { $(1); } >/dev/null 2>&1 || ( $(call install,$(2)) ) || \
	echo "WARNING: going on without $(2): the tests that need it are skipped." >&2
CHROMIUM := command -v chromium && ls /usr/lib/*/libatomic.so.1

# One thread for linear algebra each: runners slow each other down otherwise.
quick test: export OPENBLAS_NUM_THREADS = 1

check: setup ## lint, and the tests that need no sandbox and no other process (seconds)
	@$(MAKE) --no-print-directory --jobs=2 lint quick

quick:
	$(BIN)/python -m pytest -n auto --dist worksteal -p no:nbval -p no:anyio -p no:logging -q -x \
		--ff -m "not slow" --hypothesis-profile=quick tests

test: sandbox lint ## run everything: linters, tests, lectures
	@$(call optional,$(CHROMIUM),chromium libatomic1)
	@$(call optional,ls /usr/lib/postgresql/*/bin/initdb,postgresql)
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder --nbval tests course

# An environment of its own: half a gigabyte that students need not download.
test-frameworks: .venv-frameworks/installed ## compare the references with PyTorch, Keras, TensorFlow
	.venv-frameworks/bin/python -m pytest --nbval tests/house/test_environment.py tests/frameworks \
		course/module3_tuning_batchnorm/05_frameworks.ipynb

lint: setup ## check style, formatting, who imports whom, and the workflow
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --no-progress --quiet .github

hints: setup ## write what notebooks say of hidden tests: hints, and how far they go
	@$(BIN)/python -m grading hints

release: hints ## make release/ from source/
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	for folder in source/*/; do \
		PATH="$(CURDIR)/$(BIN):$$PATH" nbgrader generate_assignment --force \
			--db="sqlite:///$$scratch/gradebook.db" "$$(basename "$$folder")" || exit 1; \
	done

solutions: setup ## write a module's worked notebooks to solutions/: make solutions MODULE=…
	@$(BIN)/python -m handout.solutions "$(MODULE)"

# JupyterLab's folder has what students get, and nothing else; assignments are copied once, so that
# who works on them leaves release/ as it is.
lab: setup ## open JupyterLab on the lectures and the released assignments
	@mkdir -p .lab && ln -sf ../course ../START.md ../handout/nbgrader_config.py .lab/ && cp -Rn release .lab/
	@cd .lab && JUPYTER_CONFIG_PATH="$(CURDIR)/handout/jupyter" \
		JUPYTER_PATH="$(CURDIR)/handout/jupyter" ../$(BIN)/jupyter lab

bundle: setup ## write the zip for students: lectures, assignments, how to start; MODULES="…": these
	@due="$$($(BIN)/python -m grading due)" && $(BIN)/python handout/bundle.py "$$due" $(MODULES)

# Links between pages hold because the sources lie as in the repository.
site: .venv-site/installed ## build the course as a website in site/, from the notebooks as they are
	@rm -rf .site site && mkdir .site && cp -R course release docs START.md website/index.md .site/
	@"$(PYTHON)" handout/bundle.py >/dev/null && mv improving-deep-neural-networks.zip .site/
	@cd .site && PYTHONPATH="$(CURDIR)" ../.venv-site/bin/sphinx-build --quiet --fail-on-warning \
		--keep-going -c ../website . built/site && mv built/site ..
	@echo "Built site/: open site/index.html."

test-site: setup site ## build the website, and look at it in a browser
	@$(call optional,$(CHROMIUM),chromium libatomic1)
	$(BIN)/python -m pytest tests/site

# Not in this folder, which other accounts may not enter.
test-hub: setup ## as root: set up a JupyterHub with two courses, and take an assignment round
	@$(call optional,/usr/bin/python3 -c 'import ensurepip' && command -v npm,python3-venv nodejs npm)
	TEST_HUB=/opt/nbgrader-hub-test $(BIN)/python -m pytest tests/hub

formgrader: setup ## open JupyterLab for instructors: source/ runs its hidden tests, and formgrader
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)" \
		jupyter lab --LabApp.default_url=/lab/tree/source

bench: sandbox ## grade a class side by side with plain nbgrader (ten minutes)
	$(BIN)/python -m benchmarks
