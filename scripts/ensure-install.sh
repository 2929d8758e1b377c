#!/bin/sh
# Installs the pinned dependencies when they are missing or older than the lockfile. Says what it does on standard error,
# so that standard output stays the command's own. `npm install --no-save` instead of `npm ci`: it follows the lockfile
# just the same, and does not refuse when a registry lacks an optional binary of some other platform.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.package-lock.json
if [ ! -x node_modules/.bin/node ] || [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  echo "installing dependencies (once, under a minute)" >&2
  npm install --no-save --no-json --no-audit --no-fund --loglevel=error >&2
  touch "$stamp"
fi
