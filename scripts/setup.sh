#!/usr/bin/env bash
# Brings in what is missing and nothing else: npm packages, QEMU with raspi4b, clang, lld and,
# for tests, the reference tools. With nothing missing it is silent, offline and done in well under a second.
#
#   scripts/setup.sh          what building and playing need
#   scripts/setup.sh test     that, and what the tests compare with
#   scripts/setup.sh --check  only say what is missing; status 1 if anything is
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly QEMU_WANTED=9.0 # the first release with -M raspi4b
# By sed, because it is wanted where there is no Node.js to ask.
NODE_WANTED=$(sed -nE 's/^ *"node": ">=([0-9.]+)".*/\1/p' package.json)
readonly NODE_WANTED

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$@"
  exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }
at_least() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # wanted, found

mode=${1:-run}
case $mode in
  run | test | --check) ;;
  *) fail "no such mode: $mode (run, test or --check)" ;;
esac

node_needed() { # what is there instead
  say "Node.js $NODE_WANTED or newer is needed; $1"
  fail 'get it from nodejs.org or with nvm (nvm install --lts): the packages of distributions are often older'
}
has node || node_needed 'there is none here'
node_version=$(node -p 'process.versions.node')
at_least "$NODE_WANTED" "$node_version" || node_needed "this is $node_version"

qemu_version() {
  qemu-system-aarch64 --version 2>/dev/null | sed -nE '1s/.*version ([0-9.]+).*/\1/p'
}
qemu_ready() {
  has qemu-system-aarch64 || return 1
  at_least "$QEMU_WANTED" "$(qemu_version)"
}

has_chromium() { has chromium || has chromium-browser || has google-chrome; }

missing_packages() { # Debian package names, one a line
  has clang || echo clang
  has ld.lld || echo lld
  if [ "$mode" != run ]; then
    has sox || echo sox
    has flac || echo flac
    has ffmpeg || echo ffmpeg
    has wasm2c || echo wabt
    has git || echo git
    has python3 || echo python3 # lends pseudo terminals
    { has mkfs.fat && has fsck.fat; } || echo dosfstools
    has mcopy || echo mtools
    has_chromium || echo chromium
  fi
}

npm_ready() {
  [ -f package-lock.json ] || return 0 # an installed package: npm has brought everything
  [ -f node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ]
}

by_hand() { # what to install where apt cannot
  say "$1"
  say "  Debian 13+, Ubuntu 25.04+   apt-get install qemu-system-arm clang lld${2:+ $2}"
  say "  Fedora                      dnf install qemu-system-aarch64-core clang lld${3:+ $3}"
  say "  macOS                       brew install qemu llvm lld${4:+ $4}"
  say "QEMU must be $QEMU_WANTED or newer: that release brought the raspi4b machine."
  exit 1
}
by_hand_here() {
  if [ "$mode" = run ]; then by_hand "$1"; fi
  by_hand "$1" 'sox flac ffmpeg wabt python3 dosfstools mtools chromium' 'sox flac ffmpeg-free wabt python3 dosfstools mtools chromium' 'sox flac ffmpeg wabt python3 dosfstools mtools chromium'
}

# The candidate version of a package, seen with the options given after its name.
candidate() {
  local name=$1
  shift
  apt-cache "$@" policy "$name" 2>/dev/null | sed -nE 's/^ *Candidate: ([0-9]+:)?([0-9.]+).*/\2/p'
}

# Writes a private copy of the machine's apt sources with the backports suite beside them, so that the
# system's own configuration stays as it is. The archive's address is the one the machine uses already.
backports_options() { # scratch folder
  local scratch=$1 codename site
  codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  [ -n "$codename" ] || return 1
  site=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
  [ -n "$site" ] || return 1
  mkdir -p "$scratch/parts" "$scratch/lists/partial"
  cp /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources "$scratch/parts/" 2>/dev/null || true
  [ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$scratch/parts/machine.list"
  printf 'deb %s %s-backports main\n' "$site" "$codename" >"$scratch/parts/mirleft-backports.list"
  printf '%s\n' -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$scratch/parts" \
    -o "Dir::State::lists=$scratch/lists"
}

install_with_apt() { # package names
  local options=() packages=("$@") suite=''
  if [[ " ${packages[*]} " == *" qemu-system-arm "* ]]; then
    [ -n "$(candidate qemu-system-arm)" ] || apt-get update -qq
    if ! at_least "$QEMU_WANTED" "$(candidate qemu-system-arm)"; then
      scratch=$(mktemp -d) # not local: the trap runs outside
      trap 'rm -rf "$scratch"' EXIT
      chmod 755 "$scratch"
      mapfile -t options < <(backports_options "$scratch")
      [ ${#options[@]} -gt 0 ] || by_hand_here "this release's QEMU is older than $QEMU_WANTED and its backports suite could not be found"
      suite="$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")-backports"
    fi
  fi
  say "installing with apt: ${packages[*]}${suite:+ (qemu from $suite)}"
  apt-get "${options[@]}" update -qq
  if [ -n "$suite" ] && ! at_least "$QEMU_WANTED" "$(candidate qemu-system-arm "${options[@]}" -o "APT::Default-Release=$suite")"; then
    by_hand_here "neither this release nor $suite has QEMU $QEMU_WANTED"
  fi
  local ready=()
  for name in "${packages[@]}"; do
    if [ "$name" = qemu-system-arm ] && [ -n "$suite" ]; then
      ready+=("qemu-system-arm/$suite" "qemu-system-common/$suite" "qemu-system-data/$suite")
    else
      ready+=("$name")
    fi
  done
  DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install -y -qq --no-install-recommends \
    -o Dpkg::Use-Pty=0 "${ready[@]}" >/dev/null ||
    by_hand_here "apt could not install ${packages[*]}"
}

mapfile -t packages < <(missing_packages)
qemu_ready || packages+=(qemu-system-arm)

if [ "$mode" = --check ]; then
  npm_ready || say 'missing: npm packages (npm ci)'
  [ ${#packages[@]} -eq 0 ] || say "missing: ${packages[*]}"
  npm_ready && [ ${#packages[@]} -eq 0 ]
  exit
fi

if [ ${#packages[@]} -gt 0 ]; then
  has apt-get || by_hand_here "missing: ${packages[*]}; there is no apt here to install them with"
  [ "$(id -u)" = 0 ] || by_hand_here "missing: ${packages[*]}; installing them needs root (sudo env PATH=\"\$PATH\" $(printf %q "$PWD/scripts/setup.sh") $mode)"
  install_with_apt "${packages[@]}"
  hash -r
  qemu_ready || by_hand_here "QEMU $QEMU_WANTED or newer is needed; this is $(qemu_version)"
fi

if ! npm_ready; then
  say 'installing npm packages'
  npm ci --include=dev --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
