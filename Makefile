# One command per verb, the same for people and for continuous integration.
# Needs Python 3.11 or later and the package index; each environment is made on first use.

PYTHON ?= python3
ACCOUNT := examples/short_strangle.yaml

DEMO := .venv-demo
TEST := .venv
DOCS := .venv-docs

.PHONY: help demo check test interpreted validate bench docs clean

help:
	@echo 'make demo         requirement, margin table, thresholds and a figure of an example account'
	@echo 'make test         all tests'
	@echo 'make check        style, types, direction of imports'
	@echo 'make interpreted  the tests of the kernels, without compilation'
	@echo 'make validate     every claim, with its table'
	@echo 'make bench        every speed, with its table'
	@echo 'make docs         the documentation, in build/docs'
	@echo 'make clean        remove environments, caches and results'

# Exit status 1 says that the account is below maintenance, which is an answer; a traceback also
# ends with 1, and is none.
define margin
	@echo; echo '$$ margin $(1)'
	@$(DEMO)/bin/margin $(1) 2>build/messages.txt; status=$$?; cat build/messages.txt >&2; \
	test $$status -eq 0 || { test $$status -eq 1 && ! grep -q '^Traceback' build/messages.txt; }
endef

demo: $(DEMO)/installed
	@mkdir -p build
	$(call margin,run $(ACCOUNT))
	$(call margin,table $(ACCOUNT))
	$(call margin,threshold $(ACCOUNT) --plot build/short_strangle.png)
	@echo; ls build/short_strangle.png

check: $(TEST)/installed
	$(TEST)/bin/ruff check
	$(TEST)/bin/ruff format --check
	$(TEST)/bin/mypy
	$(TEST)/bin/python -m pytest -q tests/test_house.py

test: $(TEST)/installed
	$(TEST)/bin/python -m pytest -n 2 --dist worksteal

interpreted: $(TEST)/installed
	NUMBA_DISABLE_JIT=1 $(TEST)/bin/python -m pytest -n 2 --dist worksteal -m kernels

validate: $(TEST)/installed
	$(TEST)/bin/python -m validation

bench: $(TEST)/installed
	$(TEST)/bin/python -m benchmarks

docs: $(DOCS)/installed
	$(DOCS)/bin/python -m sphinx -q -W --keep-going docs build/docs
	@echo build/docs/index.html

clean:
	rm -rf $(DEMO) $(TEST) $(DOCS) build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(TEST)/installed: EXTRAS := [test,lint,validation,bench]
$(DOCS)/installed: EXTRAS := [docs]

$(DEMO)/installed $(TEST)/installed $(DOCS)/installed: %/installed: pyproject.toml
	$(PYTHON) -m venv --clear $*
	$*/bin/python -m pip install -qq --disable-pip-version-check --editable '.$(EXTRAS)'
	@touch $@
