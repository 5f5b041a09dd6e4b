# run: start everything · test: the whole gate · bench: figures · check: the gate without the tests
PORT ?= 8000
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))
BASE := $(shell for name in python3 python3.12 python3.11; do "$$name" -c "$(FITS)" 2>/dev/null && command -v "$$name" && break; done)
PYTHON ?= $(BASE)
BIN := .venv/bin
ARGS ?=
JOBS ?= 2

.PHONY: run test bench check install install-dev lock clean

run: install
	@PORT=$(PORT) exec $(BIN)/python manage.py up $(ARGS)

test: check
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W ignore manage.py makemigrations --check --dry-run

bench: install
	$(BIN)/python -m tests.bench $(ARGS)

install: .venv/locked
install-dev: .venv/locked-dev

.venv/made:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed and was not found."; exit 1; }
	@$(PYTHON) -c "$(FITS)" \
		|| { echo "Python 3.11 or 3.12 is needed; choose one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is needed (on Debian: apt install python3-venv)."; exit 1; }
	@touch $@

.venv/locked: requirements.txt .venv/made
	@echo "Installing the locked packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/locked-dev: requirements-dev.txt requirements.txt .venv/made
	@echo "Installing the locked packages for development …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@ .venv/locked

lock: .venv/locked-dev
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --annotation-style=line \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt requirements.in
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --annotation-style=line \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
