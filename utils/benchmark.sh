#!/usr/bin/env bash
# Times embcol beside other libraries, which it installs in environments of
# their own:
#   utils/benchmark.sh lookups|training|strings|table-sizes [--peers] [OPTION]...
#   utils/benchmark.sh kernels [OPTION]...
# lookups and training beside FBGEMM and PyTorch; with --peers, lookups and
# strings beside TensorFlow, and lookups beside JAX, too. Options are those of
# benchmark/compare.py: `utils/benchmark.sh strings --help`. Prints tables.
# kernels times those of embcol by themselves, for many kinds of lookups; its
# options are those of benchmark/Kernels.cpp and of Google Benchmark. The machine
# should have nothing else to do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${1:-} in
lookups | training | strings | table-sizes | kernels) what=$1 && shift ;;
*)
  cat >&2 <<EOF
usage: utils/benchmark.sh lookups|training|strings|table-sizes [--peers] [OPTION]...
       utils/benchmark.sh kernels [OPTION]...
EOF
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
cmake --build --preset release --target MemoryLimits Kernels >>build/benchmark.log
if [[ $what == kernels ]]; then
  exec build/release/benchmark/Kernels "$@"
fi

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

options=(--embcol "$PWD/build/venv/bin/python"
  --probe "$PWD/build/release/benchmark/MemoryLimits")
case $what in
lookups | training)
  make_environment fbgemm --no-deps
  options+=(--fbgemm "$PWD/build/fbgemm-venv/bin/python")
  ;;
esac
case $peers$what in
yeslookups | yesstrings)
  utils/install-tensorflow.sh release
  options+=(--tensorflow "$PWD/build/tensorflow-venv/bin/python")
  ;;
esac
if [[ $peers$what == yeslookups ]]; then
  make_environment jax
  options+=(--jax "$PWD/build/jax-venv/bin/python")
fi
exec build/venv/bin/python benchmark/compare.py "$what" "${options[@]}" "$@"
