#!/usr/bin/env bash
# `npm run soak`: sets up what is missing, then plays an hour of music on the virtual Pi with faults of chance.
# Arguments: a seed, and minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test
exec node --import tsx host-tools/bench/print-soak.ts "$@"
