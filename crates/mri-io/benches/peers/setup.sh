#!/bin/sh
# Installs the peers into $BENCH_DATA/venv (git-ignored) and builds what is compared with them.
# CMTK and Colin27's head come from Debian's packages cmtk and mricron-data, unpacked beside the environment,
# so that nothing needs root; without apt, CMTK is left out and COLIN27 has to be set by hand.
set -eu
cd "$(dirname "$0")"
root=$(git rev-parse --show-toplevel)
data=${BENCH_DATA:-$root/bench-data}
mkdir -p "$data/debian"

[ -x "$data/venv/bin/python" ] || python3 -m venv "$data/venv"
"$data/venv/bin/pip" install --quiet --requirement requirements.txt

if [ ! -d "$data/debian/usr" ] && command -v apt-get >/dev/null; then
    (
        cd "$data/debian"
        apt-get download cmtk mricron-data libdcmtk17 libfftw3-double3 libwrap0
        for package in ./*.deb; do dpkg --extract "$package" .; done
        rm ./*.deb
    )
fi
# Debian's own wrapper looks below /usr only.
cat >"$data/venv/bin/cmtk" <<EOF
#!/bin/sh
tools="$data/debian/usr/lib/cmtk"
export LD_LIBRARY_PATH="\$tools:$data/debian/usr/lib/$(uname -m)-linux-gnu"
tool=\$1; shift; exec "\$tools/bin/\$tool" "\$@"
EOF
chmod +x "$data/venv/bin/cmtk"

cd "$root"
cargo build --release -p mri-prep -p mri-io --bin mri-prep --example timing
cargo build --release -p mri-phantom --example strip_cases
CARGO_TARGET_DIR="$data/nifti-rs" cargo build --release --manifest-path crates/mri-io/benches/peers/nifti-rs/Cargo.toml
