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

echo "GoogleTest"
for test in "$build"/test/unit/*Tests; do
  "$test" --gtest_brief=1 "--gtest_output=xml:$results/$(basename "$test").xml" ||
    true
done

echo "lit"
"$python" "$(llvm-config-22 --bindir)/lit" -q --xunit-xml-output "$results/lit.xml" "$build/test" ||
  true

if [[ $preset != asan ]]; then
  echo "pytest"
  "$python" -m pytest -q --junitxml "$results/pytest.xml" || true
fi

"$python" utils/count_results.py "$results"/*.xml
