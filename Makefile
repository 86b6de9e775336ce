# All that is needed beforehand: Python 3.11 or newer, and make. "make" alone lists the targets.
#
# Each target makes the virtual environment .venv if it is missing, and installs into it what it needs: a stamp
# file per set of packages (.venv/.test, ...) makes the second call quick. Nothing outside this folder changes.
# With another Python (make test PYTHON=python3.12) the environment is .venv-python3.12.

PYTHON ?= python3
VENV   ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
ARGS   ?=

RUN := $(VENV)/bin/python
COVERAGE := --cov=autograd --cov=nn --cov-branch --cov-report=term:skip-covered --cov-fail-under=95
# One more than the two cores: while a browser or a program of its own works, another test runs.
AT_ONCE := -n 3 --dist worksteal
PIP := $(RUN) -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test quick coverage soak lint format types bench stubs site notebooks pages pictures venv clean
.DELETE_ON_ERROR:

help:  ## list the targets
	@echo "chainrule: make TARGET, for instance make demo"; echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@echo; echo "Options: PYTHON=python3.12 (another Python), ARGS=\"-k softplus\" (passed on by test, quick, soak, demo, bench)"

demo: $(VENV)/.demo  ## train a network of scalars on real data (under a minute)
	@$(RUN) examples/breast_cancer.py $(ARGS)

test: $(VENV)/.test  ## run all tests
	@$(RUN) -m pytest $(AT_ONCE) $(ARGS)

quick: $(VENV)/.test  ## run the tests, but not the slow ones
	@$(RUN) -m pytest -m "not slow" $(AT_ONCE) $(ARGS)

coverage: $(VENV)/.test  ## run all tests, and see how much of the code they run (at least 95 % of lines and branches)
	@$(RUN) -m pytest $(AT_ONCE) $(COVERAGE) $(ARGS)

soak: $(VENV)/.test  ## run all tests with twenty times as many random cases (half an hour)
	@SOAK=20 $(RUN) -m pytest $(AT_ONCE) $(ARGS)

lint: $(VENV)/.dev  ## look for mistakes, untidy layout and stale stubs (ruff)
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) tools/make_stubs.py --check

format: $(VENV)/.dev  ## put imports and layout right (ruff)
	@$(RUN) -m ruff check --select I --fix .
	@$(RUN) -m ruff format .

types: $(VENV)/.test $(VENV)/.dev  ## check the types (mypy, strict)
	@$(RUN) -m mypy

bench: $(VENV)/.bench  ## measure the speed beside other libraries
	@$(RUN) -m benchmarks $(ARGS)

stubs: $(VENV)/.dev  ## write the type stubs from the table of operations
	@$(RUN) tools/make_stubs.py

site: $(VENV)/.docs  ## build the site with its playground to site/ (needs npm)
	@$(RUN) tools/build_site.py

notebooks: $(VENV)/.notebooks  ## open the notebooks in JupyterLab
	@$(RUN) -m jupyterlab notebooks

pages: $(VENV)/.notebooks  ## export every notebook as a page to pages/
	@$(RUN) -m nbconvert --log-level WARN --to html --output-dir pages \
	  --HTMLExporter.mathjax_url= --HTMLExporter.require_js_url= --HTMLExporter.jquery_url= notebooks/*.ipynb
	@echo "The pages are in pages/"

pictures: $(VENV)/.test  ## record the README's moving picture, and write its page (needs Chromium)
	@$(RUN) tools/make_pictures.py

venv: $(VENV)/.made  ## only make the virtual environment

clean:  ## remove the environments, caches and all that these targets wrote
	rm -rf .venv .venv-* build dist site pages demo *.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment, and one stamp for each set of packages. A changed setup.cfg installs anew.

$(VENV)/.made:
	@command -v "$(PYTHON)" > /dev/null || { \
	  echo "chainrule needs Python 3.11 or newer, and '$(PYTHON)' was not found. Name yours: make PYTHON=python3.12 ..."; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "chainrule needs Python 3.11 or newer, and '$(PYTHON)' is older. Name a newer one: make PYTHON=python3.12 ..."; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Making the virtual environment $(VENV) (about 5 seconds)"
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

$(VENV)/.demo: setup.cfg | $(VENV)/.made
	@echo "Installing into $(VENV): chainrule, graphviz-pure, numpy, llvmlite, scikit-learn, matplotlib (about a minute, 500 MB)"
	@$(PIP) install --editable ".[demo,draw]"
	@touch $@

$(VENV)/.test: setup.cfg | $(VENV)/.made
	@echo "Installing into $(VENV): chainrule with all extras (JupyterLab among them), pytest, hypothesis, mpmath, playwright (two or three minutes, 1 GB)"
	@$(PIP) install --editable ".[test]"
	@touch $@

$(VENV)/.dev: setup.cfg | $(VENV)/.made
	@echo "Installing into $(VENV): ruff, mypy (half a minute, 90 MB)"
	@$(PIP) install --editable ".[dev]"
	@touch $@

$(VENV)/.docs: setup.cfg | $(VENV)/.made
	@echo "Installing into $(VENV): Sphinx and what the notebooks use (two minutes, 1 GB)"
	@$(PIP) install --editable ".[all,docs]"
	@touch $@

$(VENV)/.notebooks: setup.cfg | $(VENV)/.made
	@echo "Installing into $(VENV): JupyterLab and what the notebooks use (two minutes, 900 MB)"
	@$(PIP) install --editable ".[all]"
	@touch $@

$(VENV)/.bench: benchmarks/requirements.txt setup.cfg | $(VENV)/.made
	@echo "Installing into $(VENV): the libraries in benchmarks/requirements.txt (several minutes, up to 3 GB)"
	@$(PIP) install --editable ".[demo,compile]"
	@grep -v '^#' benchmarks/requirements.txt | while read -r library; do \
	  $(PIP) install "$$library" < /dev/null || echo "$$library cannot be installed here: left out of the tables"; done
	@touch $@
