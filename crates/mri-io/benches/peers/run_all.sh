#!/bin/sh
# The whole comparison, on a quiet machine: writes a Markdown record. setup.sh and cases.sh come first.
#
#   run_all.sh RECORD.md       about 20 minutes on two cores of 2.6 GHz
set -eu
record=$(realpath "$1")
cd "$(dirname "$0")"
root=$(git rev-parse --show-toplevel)
data=${BENCH_DATA:-$root/bench-data}
export COLIN27="${COLIN27:-$data/debian/usr/share/mricron/templates}"
export PATH="$root/target/release:$data/venv/bin:$PATH"
part=$data/record.md
log=$data/run_all.log
: >"$log"

section() {
    title=$1
    shift
    echo "$(date +%T) $title" | tee -a "$log"
    printf '\n## %s\n\n' "$title" >>"$part"
    "$@" >>"$part" 2>>"$log" || echo "This section failed." | tee -a "$log" >>"$part"
}

python head.py >"$part"
section "Reading and resampling" python times.py "$data/reading/t2-240x240x155.nii.gz" \
    --ours "$root/target/release/examples/timing" --nifti-rs "$data/nifti-rs/release/peer-nifti-rs" --rounds 5
section "Bias field" python compare.py bias "$data/bias" --cache "$data/cache" --tools mri-prep simpleitk niimath
section "Skull stripping" python compare.py strip "$data/strip" --cache "$data/cache" --timed 2 \
    --kinds phantom-1mm-tumour real-t2 --tools mri-prep hd-bet deepbet niimath-atlas --slow brainextractor
section "Rigid registration" python compare.py register "$data/register" --cache "$data/cache" \
    --kinds colin-inverted-tumour-cropped icbm-inverted colin-inverted-thick icbm-same-tumour \
    --tools mri-prep ants-quick elastix greedy cmtk niimath-fast --slow ants-dense simpleitk --limit 100 --at-most 4
section "A cohort" python cohort.py "$data/strip" \
    "$data/register/icbm-same-00/fixed.nii.gz" "$data/register/icbm-same-00/mask.nii.gz"
mv "$part" "$record"
echo "$(date +%T) done: $record"
