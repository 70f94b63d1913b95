#!/usr/bin/env bash
# `npm run soak`: sets up what is missing, then carries files, modules and sound over bad lines, many times, and plays an hour of
# music on the virtual Pi with faults of chance.
# Arguments: a seed, and minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test
MIRLEFT_FAULT_RUNS=50000 node node_modules/mocha/bin/mocha.js test/link/{files,modules,push}-faults.test.ts
exec node --import tsx host-tools/bench/print-soak.ts "$@"
