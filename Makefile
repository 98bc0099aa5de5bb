# One command per verb, the same for people and for continuous integration.
# Needs Python 3.11 or later and the package index; each environment is made on first use.

PYTHON ?= python3
ACCOUNT := examples/short_strangle.yaml

DEMO := .venv-demo
TEST := .venv
DOCS := .venv-docs
OLDEST := .venv-oldest

# With the lower bounds of pyproject.toml, which need Python 3.11: what depends on other packages.
OLDEST_PYTHON ?= python3.11
OLDEST_TESTS := tests/test_house.py tests/test_jit.py tests/pdesolve/test_price.py \
	tests/pdesolve/test_batch.py tests/pdesolve/test_closed_form.py tests/pdesolve/test_solver.py \
	tests/margin/test_requirement.py tests/margin/test_threshold.py tests/margin/test_files.py \
	tests/margin/test_results.py tests/margin/test_figures.py tests/margin/test_cli.py \
	tests/margin/test_cli_imports.py tests/margin/test_cli_habits.py tests/margin/readers

.PHONY: help demo check test interpreted oldest validate bench docs clean

help:
	@echo 'make demo         requirement, margin table, thresholds and a figure of an example account'
	@echo 'make test         all tests'
	@echo 'make check        style, types, direction of imports'
	@echo 'make interpreted  the tests of the kernels, without compilation'
	@echo 'make oldest       tests beside the oldest packages that are allowed'
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

# QuantLib 1.36 warns as it is imported, and crashes if that is an error.
oldest: $(OLDEST)/installed
	$(OLDEST)/bin/python -m pytest -n 2 --dist worksteal -W ignore::DeprecationWarning $(OLDEST_TESTS)

validate: $(TEST)/installed
	$(TEST)/bin/python -m validation

bench: $(TEST)/installed
	$(TEST)/bin/python -m benchmarks

docs: $(DOCS)/installed
	$(DOCS)/bin/python -m sphinx -q -W --keep-going docs build/docs
	@echo build/docs/index.html

clean:
	rm -rf $(DEMO) $(TEST) $(DOCS) $(OLDEST) build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Matplotlib 3.9 uses what pyparsing 3.3 warns of.
$(OLDEST)/installed: pyproject.toml
	$(OLDEST_PYTHON) -m venv --clear $(OLDEST)
	grep -ohE '"[A-Za-z-]+>=[0-9.]+"' $< | tr -d '"' | sed 's/>=/==/' | sort -u > $(OLDEST)/bounds.txt
	$(OLDEST)/bin/python -m pip install -qq --disable-pip-version-check \
		--constraint $(OLDEST)/bounds.txt --editable '.[test]' 'pyparsing<3.3'
	@touch $@

$(TEST)/installed: EXTRAS := [test,lint,validation,bench]
$(DOCS)/installed: EXTRAS := [docs]

$(DEMO)/installed $(TEST)/installed $(DOCS)/installed: %/installed: pyproject.toml
	$(PYTHON) -m venv --clear $*
	$*/bin/python -m pip install -qq --disable-pip-version-check --editable '.$(EXTRAS)'
	@touch $@
