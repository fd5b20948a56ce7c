#!/usr/bin/env bash
# Sets up, builds and runs every test: utils/test.sh [release|debug|asan]
# Ends with a line `N passed, N failed`. With asan, which has no Python, runs
# the C++ and lit tests under the address and undefined behaviour sanitizers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-release}

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
  run pytest "$python" -m pytest -q --junitxml "$results/pytest.xml"
fi

"$python" utils/count_results.py "$results"/*.xml
