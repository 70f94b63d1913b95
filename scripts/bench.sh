#!/usr/bin/env bash
# `npm run bench`: sets up what is missing, then measures and prints the table of budgets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test
exec node --import tsx host-tools/cli/main.ts bench "$@"
