#!/usr/bin/env bash
# `npm test`: sets up what is missing, then runs every test, formatting, lint and types among them.
# Arguments go to mocha: `npm test -- --grep jack`, `npm test -- test/drivers/*.test.ts`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup.sh test
exec node node_modules/mocha/bin/mocha.js "$@"
