#!/usr/bin/env bash
# Sets up what is missing and builds a preset: utils/build.sh [release|debug|asan]
# Run again, it does only what has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-release}

# Runs a command with its output in a log, which is shown where it fails.
quietly() {
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 50 "$log" >&2
    echo "failed: $* (all of it: $log)" >&2
    exit 1
  fi
}

utils/install-deps.sh
mkdir -p build

# The Python environment, made anew when its requirements change.
venv=build/venv
if ! cmp -s utils/requirements.txt "$venv/requirements.txt"; then
  echo "making $venv"
  rm -rf "$venv"
  quietly build/venv.log python3 -m venv "$venv"
  quietly build/venv.log "$venv/bin/pip" install --disable-pip-version-check \
    -r utils/requirements.txt
  cp utils/requirements.txt "$venv/requirements.txt"
fi

# What one build folder has compiled, ccache has for the others.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

echo "building build/$preset"
quietly "build/$preset-configure.log" cmake --preset "$preset"
quietly "build/$preset-build.log" cmake --build --preset "$preset"

# The package is imported from where it is built.
if [[ $preset != asan ]]; then
  site=$("$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
  echo "$PWD/build/$preset/python" >"$site/embcol.pth"
fi
