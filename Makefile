# `make run` and `make test` need Python 3.11 or newer and nothing else: they fill .venv, once, with the
# versions in constraints.txt. Another Python: make test PYTHON=/path/to/python. More options: make run ARGS='--help'.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test test-slow lint docs clean again

PYTHON ?=
ARGS ?=
candidates = python3.11 python3.12 python3.13 python3 python
bin = .venv/bin

help:
	@echo "make run        simulate the baseline and leave tables and a map in results/"
	@echo "make test       the fast tests          make test-slow   the slow ones"
	@echo "make lint       style and types         make docs        the documentation as a site in site/"
	@echo "make clean      remove .venv"
	@echo "ARGS='...' is passed on to gp-settlement run or to pytest; PYTHON=... chooses the Python of .venv."

run: .venv/core
	$(bin)/gp-settlement run $(ARGS)

test: .venv/dev
	$(bin)/pytest -n auto $(ARGS)

test-slow: .venv/dev
	$(bin)/pytest -m slow -n auto $(ARGS)

lint: .venv/dev
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy

docs: .venv/docs
	$(bin)/zensical build --strict --clean

clean:
	rm -rf .venv

# .venv/checkout is written last, and names the folder it was written for: an environment whose making was cut
# short, or that was copied or moved with its checkout (it would run the old one's code), is made anew.
ifneq "$(shell [ -x $(bin)/python ] && cat .venv/checkout 2>/dev/null)" "$(CURDIR)"
stale = again
else ifneq "$(PYTHON)" ""
ifneq "$(PYTHON)" "$(shell cat .venv/interpreter 2>/dev/null)"
stale = again
endif
endif

.venv/dev: extras = [dev]
.venv/docs: extras = [docs]
.venv/core .venv/dev .venv/docs: pyproject.toml constraints.txt $(stale)
	@$(if $(stale),$(new_environment)$(eval stale =))
	@echo "Installing into .venv (the first time this takes a minute or two)"
	@rm -f .venv/checkout
	@$(bin)/python -m pip install --quiet --no-input --disable-pip-version-check -c constraints.txt -e '.$(extras)'
	@touch .venv/core $@
	@printf '%s\n' "$(CURDIR)" > .venv/checkout

define new_environment
set -e; \
version() { "$$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }; \
enough() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; \
stop() { printf '%s\n' "$$@" >&2; exit 1; }; \
python="$(PYTHON)"; \
if [ -n "$$python" ]; then \
  found=$$(version "$$python") || stop "PYTHON=$$python does not run. Name a Python 3.11 or newer."; \
  enough "$$python" || stop "PYTHON=$$python is Python $$found. This project needs Python 3.11 or newer."; \
else \
  for name in $(candidates); do \
    found=$$(version "$$name") || continue; \
    if enough "$$name"; then python="$$name"; break; fi; \
    seen="$${seen:+$$seen, }$$name is $$found"; \
  done; \
  [ -n "$$python" ] || stop "No Python 3.11 or newer found among $(candidates) ($${seen:-none of them runs})." \
    "Install one, or say where it is: make $(MAKECMDGOALS) PYTHON=/path/to/python"; \
fi; \
"$$python" -c 'import ensurepip, venv' 2>/dev/null || stop \
  "Python $$found ($$python) cannot make environments: its venv module is missing." \
  "On Debian and Ubuntu: sudo apt install python3-venv   (or python$$found-venv)"; \
echo "Making .venv with Python $$found ($$python)"; \
rm -rf .venv; \
"$$python" -m venv .venv; \
printf '%s\n' "$(PYTHON)" > .venv/interpreter
endef
