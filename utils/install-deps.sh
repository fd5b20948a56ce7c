#!/usr/bin/env bash
# Installs what building and testing embcol needs on Debian 12, and the packages
# that it is given: utils/install-deps.sh [package]... Says nothing when nothing
# is missing; says in one line what it cannot install.
set -euo pipefail

packages=(
  # The compilers, LLVM and MLIR.
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libclang-rt-22-dev clang-format-22 clang-tidy-22
  # The build.
  g++ cmake ninja-build ccache pkg-config
  # The runtime's libraries.
  libabsl-dev libfarmhash-dev libtbb-dev libzip-dev nlohmann-json3-dev
  # The tests.
  libgtest-dev libgmock-dev
  # Python.
  python3 python3-dev python3-venv
  "$@"
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [[ $status == ii* ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "cannot install without root: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! { "${as_root[@]}" apt-get update -qq &&
       "${as_root[@]}" apt-get install -qq -y --no-install-recommends \
         "${missing[@]}"; } >"$log" 2>&1; then
  reason=$(grep -m 1 '^E:' "$log" || tail -n 1 "$log")
  echo "cannot install ${missing[*]}: $reason" >&2
  exit 1
fi
