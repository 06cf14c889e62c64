//! The packages that are built into `memae`, made anew from label maps, with a record of what they were made from.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use lexopt::prelude::*;
use sha2::{Digest, Sha256};
use xshell::{Shell, cmd};

use crate::setup;

const CONFIG: &str = "configs/default-model.toml";
/// The run's folder below the folder of all results.
const RUN: &str = "runs/default-model";
/// Where the program's source has its packages.
const MODELS: &str = "crates/memae-cli/models";
/// No evaluation: what the packages are worth is measured on other scans than those they are made from.
const STAGES: [&str; 4] = ["synth", "preprocess", "train", "package"];
/// Bytes of all packages together.
const ALLOWED: usize = 4 << 20;

/// Runs the stages, each of which skips what is done and goes on where it was interrupted, then puts the packages into the
/// program's source.
pub(crate) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let (mut maps, mut out) = (None, root.to_owned());
    while let Some(arg) = args.next()? {
        match arg {
            Long("label-maps") => maps = Some(PathBuf::from(args.value()?)),
            Long("out") => out = PathBuf::from(args.value()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let maps = crate::label_maps(maps)?;
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    let out = out.canonicalize()?;

    let sh = crate::shell_at(root)?;
    let program = setup::release(&sh, root)?;
    for stage in STAGES {
        let mut memae = Command::new(&program);
        memae
            .arg(stage)
            .arg("--config")
            .arg(root.join(CONFIG))
            .arg("--data-root")
            .arg(&maps)
            .current_dir(&out);
        let status = memae.status().context("cannot start the program that was built")?;
        ensure!(status.success(), "`memae {stage}` ended early; the same command goes on where it was");
    }
    publish(&sh, root, &out.join(RUN), &maps)
}

/// Copies the packages with the settings in force, and writes the record.
fn publish(sh: &Shell, root: &Path, run: &Path, maps: &Path) -> Result<()> {
    let packages = hashed(&run.join("packages"), ".safetensors")?;
    let bytes: usize = packages.iter().map(|package| package.bytes).sum();
    ensure!(
        bytes <= ALLOWED,
        "the packages have {bytes} bytes, and more than {ALLOWED} make the program too large"
    );
    // Before the packages change what is committed.
    let origin = Origin {
        commit: cmd!(sh, "git describe --always --dirty --abbrev=40").quiet().read()?,
        day: cmd!(sh, "date -u +%F").quiet().read()?,
    };
    let models = root.join(MODELS);
    std::fs::create_dir_all(&models)?;
    for File { name, .. } in &packages {
        std::fs::copy(run.join("packages").join(name), models.join(name))?;
    }
    // Where the maps lay is nobody's business.
    let settings = std::fs::read_to_string(run.join("config.toml"))?;
    let settings = settings.replace(&maps.display().to_string(), "label-maps");
    std::fs::write(models.join("config.toml"), settings)?;
    let record = record(&origin, &packages, &hashed(maps, ".nii.gz")?);
    std::fs::write(models.join("provenance.toml"), record)?;
    println!("{}: {} packages, {bytes} bytes", models.display(), packages.len());
    println!(
        "The table in {MODELS}/../src/stages/package/source.rs names those that are built in; docs/models/default.md is their card."
    );
    Ok(())
}

/// A file by its content.
struct File {
    name: String,
    bytes: usize,
    sha256: String,
}

/// The files of a folder with an ending, by name.
///
/// # Errors
/// If there is none.
fn hashed(folder: &Path, ending: &str) -> Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(ending) {
            let content = std::fs::read(entry.path())?;
            let mut sha256 = String::new();
            for byte in Sha256::digest(&content) {
                let _ = write!(sha256, "{byte:02x}");
            }
            files.push(File { name, bytes: content.len(), sha256 });
        }
    }
    if files.is_empty() {
        bail!("{} has no {ending} file", folder.display());
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Of what source and when.
struct Origin {
    commit: String,
    day: String,
}

/// The record as TOML.
fn record(origin: &Origin, packages: &[File], maps: &[File]) -> String {
    let mut text = format!(
        "# What the packages beside this file were made from. Written by `cargo xtask train-default`; config.toml has the \
         settings.\nversion = \"{}\"\ncommit = \"{}\"\nday = \"{}\"\n",
        env!("CARGO_PKG_VERSION"),
        origin.commit,
        origin.day
    );
    for (what, files) in [("package", packages), ("label_map", maps)] {
        for File { name, bytes, sha256 } in files {
            let _ = write!(text, "\n[[{what}]]\nfile = \"{name}\"\nbytes = {bytes}\nsha256 = \"{sha256}\"\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_names_each_file_by_its_content() {
        let folder = std::env::temp_dir().join(format!("memae-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, content) in [("b.nii.gz", "abc"), ("a.nii.gz", ""), ("notes.txt", "x")] {
            std::fs::write(folder.join(name), content).unwrap();
        }
        let maps = hashed(&folder, ".nii.gz").unwrap();
        let none = hashed(&folder, ".safetensors").err().unwrap().to_string();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(none.contains("no .safetensors"), "{none}");
        assert_eq!(maps.iter().map(|map| map.name.as_str()).collect::<Vec<_>>(), ["a.nii.gz", "b.nii.gz"]);
        let origin = Origin { commit: "f456b78".into(), day: "2026-11-29".into() };
        let text = record(&origin, &[], &maps);
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let entry = format!("[[label_map]]\nfile = \"b.nii.gz\"\nbytes = 3\nsha256 = \"{abc}\"\n");
        assert!(text.ends_with(&entry) && text.contains("day = \"2026-11-29\""), "{text}");
    }
}
