#!/bin/sh
# Installs the pinned dependencies when they are missing or older than the lockfile. Says what it does on standard error.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.package-lock.json
if [ ! -x node_modules/.bin/node ] || [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  echo "installing dependencies (once)" >&2
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch "$stamp"
fi
