//! What each stage takes as a cohort grows: seconds for a scan, and memory at most.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;
use xshell::Shell;

use super::process::{Cost, cost};
use crate::{setup, tiny};

/// Name of the configuration in a cohort's folder.
const FILE: &str = "cohort.toml";
/// In their order; `detect` then takes all scans as a stranger's.
const STAGES: [&str; 6] = ["preprocess", "train", "reconstruct", "evaluate", "report", "package"];
/// Healthy heads and heads with tumours that are drawn; a cohort has each of them under many names.
const DRAWN: (usize, usize) = (8, 12);

/// All stages on a cohort.
struct Measured {
    scans: usize,
    costs: Vec<(&'static str, Cost)>,
    page: u64,
}

/// Measures cohorts of several sizes and prints a table; `--out` writes it to a file too.
pub(super) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let (mut sizes, mut program, mut out) = (vec![100, 1000, 10_000], None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("scans") => {
                let text = args.value()?.string()?;
                sizes = text.split(',').map(str::parse).collect::<Result<_, _>>().context("--scans")?;
            }
            Long("program") => program = Some(PathBuf::from(args.value()?)),
            Long("out") => out = Some(PathBuf::from(args.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    ensure!(sizes.iter().all(|&scans| scans >= 20), "--scans: a cohort has at least 20 scans");
    let sh = crate::shell_at(root)?;
    let program = if let Some(program) = program { program } else { setup::release(&sh, root)? };
    let program = program.canonicalize().with_context(|| format!("there is no {}", program.display()))?;
    let folder = root.join("target/cohorts");
    sh.remove_path(&folder)?;
    let drawn = draw(&sh, &program, &folder.join("drawn"))?;
    let mut measured = Vec::new();
    for scans in sizes {
        measured.push(measure(&sh, &program, &folder.join(scans.to_string()), &drawn, scans)?);
        println!("\n{}", table(&measured));
    }
    if let Some(out) = out {
        std::fs::write(&out, table(&measured))?;
        println!("Written to {}", out.display());
    }
    Ok(())
}

/// Draws the heads whose names the cohorts multiply, small ones: how the costs grow matters here, not what they are.
fn draw(sh: &Shell, program: &Path, folder: &Path) -> Result<PathBuf> {
    let (healthy, tumours) = DRAWN;
    let config = tiny::config(&[
        (
            "shape = [64, 64, 48]\nspacing = [4.0, 4.0, 4.0]",
            "shape = [32, 32, 24]\nspacing = [8.0, 8.0, 8.0]",
        ),
        ("train = 2", &format!("train = {}", healthy - 2)),
        ("test = 3", &format!("test = {tumours}")),
    ])?;
    sh.create_dir(folder)?;
    sh.write_file(folder.join(FILE), config)?;
    cost(program, folder, &["synth", "--config", FILE].map(Into::into))?;
    let made = sh.read_dir(folder.join("cache"))?.into_iter().map(|path| path.join("synthetic"));
    made.into_iter().find(|path| path.is_dir()).context("`memae synth` has left no cohort")
}

/// A tenth of the scans is trained on, a tenth validates, the rest has tumours. Brain masks are given, and the search for
/// poses is short: stripping and registering take the same for each scan. The folder goes away afterwards.
fn measure(sh: &Shell, program: &Path, folder: &Path, drawn: &Path, scans: usize) -> Result<Measured> {
    let tenth = scans / 10;
    let mut list = "scan,mask\n".to_owned();
    for (group, size) in [("healthy", 2 * tenth), ("tumour", scans - 2 * tenth)] {
        multiply(sh, &drawn.join(group), &folder.join("data/cohort").join(group), size, &mut list)?;
    }
    sh.write_file(folder.join("scans.csv"), list)?;
    sh.write_file(folder.join("manifest.toml"), MANIFEST)?;
    let data = format!(
        "kind = \"manifest\"\nhealthy = \"manifest.toml\"\nlesions = \"manifest.toml\"\nroot = \"data\"\nseed = 1\n\
         train = {tenth}\nvalidation = {tenth}\n\n\
         [preprocess]\nregistration = {{ samples = 1000, bins = 16, max_rotation_degrees = 10.0 }}\n"
    );
    let config = tiny::config(&[
        ("device = \"cpu\"", "device = \"cpu\"\nmodels = [\"ssim-memae\"]"),
        (
            "kind = \"synthetic\"\nseed = 1\ntrain = 2\nvalidation = 2\ntest = 3\n\n\
             [data.scan]\nshape = [64, 64, 48]\nspacing = [4.0, 4.0, 4.0]\n",
            &data,
        ),
        (
            "shape = [32, 32, 24]\nspacing = [6.5, 6.5, 6.5]",
            "shape = [16, 16, 14]\nspacing = [12.0, 12.0, 12.0]\nbuiltin = \"t2\"",
        ),
    ])?;
    sh.write_file(folder.join(FILE), config)?;

    let mut costs = Vec::new();
    for stage in STAGES {
        costs.push((stage, cost(program, folder, &[stage, "--config", FILE].map(Into::into))?));
    }
    let package = "runs/tiny/packages/ssim-memae.safetensors";
    let arguments = ["detect", "scans.csv", "--model", package, "--out", "detected"].map(Into::into);
    costs.push(("detect", cost(program, folder, &arguments)?));
    let page = folder.join("runs/tiny/report/index.html").metadata()?.len();
    sh.remove_path(folder)?;
    Ok(Measured { scans, costs, page })
}

/// Where the files of a cohort lie.
const MANIFEST: &str = r#"title = "Few drawn heads under many names"
access = "Nothing to obtain."
licence = "as the program that draws them"
citation = "memae, crate mri-phantom"
folder = "cohort"
skull_stripped = false
[healthy]
scan = "healthy/{subject}/{subject}_T2w.nii.gz"
mask = "healthy/{subject}/{subject}_brainmask.nii.gz"
[lesions]
scan = "tumour/{subject}/{subject}_T2w.nii.gz"
mask = "tumour/{subject}/{subject}_brainmask.nii.gz"
segmentation = "tumour/{subject}/{subject}_tumour.nii.gz"
"#;

/// Links the files of the subjects in a group under the names of `size` subjects, and adds these to the list of scans.
fn multiply(sh: &Shell, group: &Path, to: &Path, size: usize, list: &mut String) -> Result<()> {
    let drawn = sh.read_dir(group)?;
    let name_of = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for (number, source) in drawn.iter().cycle().take(size).enumerate() {
        let (old, new) = (name_of(source), format!("{}-{number:05}", name_of(group)));
        let folder = to.join(&new);
        sh.create_dir(&folder)?;
        for file in sh.read_dir(source)? {
            std::fs::hard_link(&file, folder.join(name_of(&file).replace(&old, &new)))?;
        }
        let path = folder.join(&new);
        writeln!(list, "{0}_T2w.nii.gz,{0}_brainmask.nii.gz", path.display())?;
    }
    Ok(())
}

/// A row for each stage: milliseconds for a scan, of the clock and of processors, and megabytes at most, for each cohort.
fn table(cohorts: &[Measured]) -> String {
    let mut text = "| stage |".to_owned();
    for Measured { scans, .. } in cohorts {
        let _ = write!(text, " {scans} scans: ms a scan | processor ms | MB |");
    }
    text += "\n|---|";
    text += &"---|---|---|".repeat(cohorts.len());
    let stages = cohorts.first().map_or(&[][..], |cohort| &cohort.costs);
    for (row, (stage, _)) in stages.iter().enumerate() {
        let _ = write!(text, "\n| {stage} |");
        for Measured { scans, costs, .. } in cohorts {
            let Cost { seconds, processor, peak } = costs[row].1;
            let each = |seconds: f64| 1000.0 * seconds / *scans as f64;
            let _ = write!(text, " {:.1} | {:.1} | {} |", each(seconds), each(processor), peak / 1024);
        }
    }
    let _ = write!(text, "\n| the report's page (MB) |");
    for Measured { page, .. } in cohorts {
        let _ = write!(text, " | | {:.1} |", *page as f64 / 1e6);
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_a_row_and_each_cohort_two_columns() {
        let cohort = |scans, seconds| Measured {
            scans,
            costs: vec![("train", Cost { seconds, processor: seconds, peak: 2048 })],
            page: 1_500_000,
        };
        let table = table(&[cohort(100, 1.0), cohort(1000, 20.0)]);
        assert!(table.contains("| train | 10.0 | 10.0 | 2 | 20.0 | 20.0 | 2 |"), "{table}");
        assert!(table.contains("| the report's page (MB) | | | 1.5 | | | 1.5 |"), "{table}");
    }
}
