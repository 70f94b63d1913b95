#!/usr/bin/env bash
# `npm start -- FILE…`: sets up what is missing, then plays the files (or the demo) through the jack in QEMU.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/scripts/setup.sh"
# npm runs scripts in the package's folder; the names a person typed are relative to where that person stood.
cd "${INIT_CWD:-$PWD}"
exec node --import "file://$root/node_modules/tsx/dist/esm/index.mjs" "$root/host-tools/cli/main.ts" play "$@"
