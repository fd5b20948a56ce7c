#!/usr/bin/env bash
# Times embcol beside other libraries, which it installs in environments of
# their own:
#   utils/benchmark.sh lookups|training [--peers] [option of the program]...
# for benchmark/compare_lookups.py or benchmark/compare_training.py. With
# --peers, lookups are compared with TensorFlow and JAX, too, and not with FBGEMM
# and PyTorch alone. Prints tables. The machine should have nothing else to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
lookups | training) what=$1 && shift ;;
*)
  echo "usage: utils/benchmark.sh lookups|training [option]..." >&2
  exit 1
  ;;
esac
peers=
if [[ ${1:-} == --peers ]]; then
  peers=yes
  shift
fi

utils/install-deps.sh libbenchmark-dev
utils/build.sh release
cmake --preset release -DEMBCOL_BUILD_BENCHMARKS=ON >build/benchmark.log
cmake --build --preset release --target MemoryLimits >>build/benchmark.log

# Makes build/<name>-venv, once, with what its requirements name.
make_environment() {
  local venv=build/$1-venv requirements=benchmark/$1-requirements.txt
  shift
  cmp -s "$requirements" "$venv/requirements.txt" && return
  echo "making $venv"
  rm -rf "$venv"
  python3 -m venv "$venv"
  if ! "$venv/bin/pip" install --disable-pip-version-check "$@" \
    -r "$requirements" >"$venv.log" 2>&1; then
    tail -n 20 "$venv.log" >&2
    exit 1
  fi
  cp "$requirements" "$venv/requirements.txt"
}

make_environment fbgemm --no-deps
options=(--embcol "$PWD/build/venv/bin/python"
  --fbgemm "$PWD/build/fbgemm-venv/bin/python"
  --probe "$PWD/build/release/benchmark/MemoryLimits")
if [[ -n $peers && $what == lookups ]]; then
  utils/install-tensorflow.sh release
  make_environment jax
  options+=(--tensorflow "$PWD/build/tensorflow-venv/bin/python"
    --jax "$PWD/build/jax-venv/bin/python")
fi
exec build/venv/bin/python "benchmark/compare_$what.py" "${options[@]}" "$@"
