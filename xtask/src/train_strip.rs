//! The networks with which `mri-io` finds brains, trained anew from label maps.

use std::path::PathBuf;

use anyhow::Result;
use lexopt::prelude::*;

use crate::setup;
use xshell::cmd;

/// Where checkpoints lie.
const RUN: &str = "runs/strip-prior";
/// Where the library's source has the weights.
const NETWORK: &str = "crates/mri-io/src/strip/network";

/// Trains both networks, which goes on where it was interrupted, and puts their weights into the library's source.
pub(crate) fn run(root: &std::path::Path, args: &mut lexopt::Parser) -> Result<()> {
    let (mut maps, mut bf16) = (None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("label-maps") => maps = Some(PathBuf::from(args.value()?)),
            Long("bf16") => bf16 = Some("--bf16"),
            other => return Err(other.unexpected().into()),
        }
    }
    let maps = crate::label_maps(maps)?;
    let sh = crate::shell_at(root)?;
    setup::ensure(&sh, root)?;
    for stage in ["coarse", "fine"] {
        cmd!(
            sh,
            "cargo run --release --package strip-prior -- train --stage {stage} --label-maps {maps} --out {RUN} {bf16...}"
        )
        .quiet()
        .run()?;
        sh.copy_file(format!("{RUN}/{stage}.bin"), NETWORK)?;
    }
    println!(
        "{NETWORK} has the new weights; run golden.py there (PyTorch's depths for the tests) and the tests."
    );
    Ok(())
}
