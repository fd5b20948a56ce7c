#!/usr/bin/env bash
# Sets up, builds and runs every test:
#   utils/test.sh [--with-tensorflow[=CASES]] [release|debug|asan]
# Ends with a line `N passed, N failed`. With asan, which has no Python, runs
# the C++ and lit tests under the address and undefined behaviour sanitizers.
# --with-tensorflow also draws cases, 2100 of them or as many as it says, and
# compares with TensorFlow, which it installs in an environment of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cases=
if [[ ${1:-} =~ ^--with-tensorflow(=([0-9]+))?$ ]]; then
  cases=${BASH_REMATCH[2]:-2100}
  shift
fi
preset=${1:-release}
if [[ -n $cases && $preset == asan ]]; then
  echo "asan has no Python to compare with TensorFlow in" >&2
  exit 1
fi

utils/build.sh "$preset"
build=build/$preset
python=build/venv/bin/python
results=$build/test-results
rm -rf "$results"
mkdir -p "$results"

# Runs a suite: run NAME COMMAND..., which writes $results/NAME.xml. One that
# dies before that counts as a failed test.
run() {
  local name=$1
  shift
  echo "$name"
  "$@" || [[ -s $results/$name.xml ]] || cat >"$results/$name.xml" <<EOF
<testsuite><testcase classname="$name" name="whole"><error/></testcase></testsuite>
EOF
}

# Each public header compiles by itself.
run headers env CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=1 \
  cmake --build --preset "$preset" --target all_verify_interface_header_sets \
  -- --quiet

# What tests compile is kept from run to run.
export EMBCOL_CACHE_DIR=$PWD/$build/cache

# LLVM's libraries are not instrumented: what they do with memory that our code
# marks cannot be judged.
export ASAN_OPTIONS=allow_user_poisoning=0:detect_container_overflow=0

for test in "$build"/test/unit/*Tests; do
  name=$(basename "$test")
  run "$name" "$test" --gtest_brief=1 "--gtest_output=xml:$results/$name.xml"
done
run lit "$python" "$(llvm-config-22 --bindir)/lit" -q \
  --xunit-xml-output "$results/lit.xml" "$build/test"
if [[ $preset != asan ]]; then
  run pytest "$python" -m pytest -q -n auto --dist worksteal \
    --junitxml "$results/pytest.xml"
fi
if [[ -n $cases ]]; then
  utils/install-tensorflow.sh "$preset"
  EMBCOL_LIVE_CASES=$cases run tensorflow build/tensorflow-venv/bin/python \
    -m pytest -q --junitxml "$results/tensorflow.xml" \
    test/tensorflow/test_live.py
fi

"$python" utils/count_results.py "$results"/*.xml
