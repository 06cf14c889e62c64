#!/bin/sh
# Writes all cases once, into $BENCH_DATA (2 GB): about 15 minutes on one core. What is there is kept.
#
#   cases.sh [FOLDER_OF_REAL_DATA]
set -eu
cd "$(dirname "$0")"
root=$(git rev-parse --show-toplevel)
data=${BENCH_DATA:-$root/bench-data}
real=${1:-${MRI_TEST_DATA:-$root/../shared/data}}
python="$data/venv/bin/python"
colin=${COLIN27:-$data/debian/usr/share/mricron/templates}

"$python" register_cases.py "$data/register" "$colin"
"$python" bias_cases.py "$data/bias" "$colin"
[ -d "$data/strip/phantom-1mm-0" ] || "$root/target/release/examples/strip_cases" "$data/strip" "$real/synthseg_labels"
"$python" real_cases.py "$real" "$data"
