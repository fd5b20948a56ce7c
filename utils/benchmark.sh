#!/usr/bin/env bash
# Times training against FBGEMM, which it installs in an environment of its own:
#   utils/benchmark.sh [option of benchmark/compare_training.py]...
# Prints a table. The machine should have nothing else to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

utils/install-deps.sh libbenchmark-dev
utils/build.sh release
cmake --preset release -DEMBCOL_BUILD_BENCHMARKS=ON >build/benchmark.log
cmake --build --preset release --target MemoryLimits >>build/benchmark.log

venv=build/fbgemm-venv
requirements=benchmark/fbgemm-requirements.txt
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
  echo "making $venv"
  rm -rf "$venv"
  python3 -m venv "$venv"
  log=build/fbgemm-venv.log
  if ! "$venv/bin/pip" install --disable-pip-version-check --no-deps \
    -r "$requirements" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    exit 1
  fi
  cp "$requirements" "$venv/requirements.txt"
fi

exec build/venv/bin/python benchmark/compare_training.py \
  --embcol "$PWD/build/venv/bin/python" --fbgemm "$PWD/$venv/bin/python" \
  --probe "$PWD/build/release/benchmark/MemoryLimits" "$@"
