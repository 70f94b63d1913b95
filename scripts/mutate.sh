#!/usr/bin/env bash
# `npm run mutate`: which mistakes in the drivers the exercises on the virtual Pi would find.
#   npm run mutate -- --file dma --seed 7 --count 30 --json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec node --import tsx test/mutate/main.ts "$@"
