#!/usr/bin/env bash
# Sets up, builds and runs the main example: will a flight be late?
# Leaves build/flights/metrics.json and build/flights/destinations.png.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

utils/build.sh release
build/venv/bin/python examples/flights/flights.py --output build/flights "$@"
