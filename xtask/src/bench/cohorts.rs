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
const STAGES: [&str; 7] = ["synth", "preprocess", "train", "reconstruct", "evaluate", "report", "package"];

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
    let mut measured = Vec::new();
    for scans in sizes {
        measured.push(measure(&sh, root, &program, scans)?);
        println!("\n{}", table(&measured));
    }
    if let Some(out) = out {
        std::fs::write(&out, table(&measured))?;
        println!("Written to {}", out.display());
    }
    Ok(())
}

/// Small scans and a short search for their poses: how the costs grow matters here, not what they are.
const SMALL: [(&str, &str); 2] = [
    ("shape = [64, 64, 48]\nspacing = [4.0, 4.0, 4.0]", "shape = [32, 32, 24]\nspacing = [8.0, 8.0, 8.0]"),
    (
        "[model]",
        "[preprocess]\nregistration = { samples = 1000, bins = 16, max_rotation_degrees = 10.0 }\n\n[model]",
    ),
];

/// A tenth of the scans is trained on, a tenth validates, the rest has tumours. The folder goes away afterwards.
fn measure(sh: &Shell, root: &Path, program: &Path, scans: usize) -> Result<Measured> {
    let folder = root.join("target/cohorts").join(scans.to_string());
    sh.remove_path(&folder)?;
    sh.create_dir(&folder)?;
    let tenth = scans / 10;
    let changes = [
        ("device = \"cpu\"", "device = \"cpu\"\nmodels = [\"ssim-memae\"]"),
        ("train = 2", &format!("train = {tenth}")),
        ("validation = 2", &format!("validation = {tenth}")),
        ("test = 3", &format!("test = {}", scans - 2 * tenth)),
    ];
    sh.write_file(folder.join(FILE), tiny::config(&[&SMALL[..], &changes[..]].concat())?)?;

    let mut costs = Vec::new();
    for stage in STAGES {
        let arguments = [stage, "--config", FILE].map(Into::into);
        costs.push((stage, cost(program, &folder, &arguments)?));
    }
    let package = "runs/tiny/packages/ssim-memae.safetensors";
    let cohort = sh.read_dir(folder.join("cache"))?.into_iter().find(|path| path.join("synthetic").is_dir());
    let cohort = cohort.context("`memae synth` has left no cohort")?.join("synthetic");
    let mut list = "scan\n".to_owned();
    for group in ["healthy", "tumour"] {
        for subject in sh.read_dir(cohort.join(group))? {
            let name = subject.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let _ = writeln!(list, "{}", subject.join(format!("{name}_T2w.nii.gz")).display());
        }
    }
    sh.write_file(folder.join("scans.csv"), list)?;
    let arguments = [
        "detect".into(),
        "scans.csv".into(),
        "--model".into(),
        package.into(),
        "--out".into(),
        "detected".into(),
    ];
    costs.push(("detect", cost(program, &folder, &arguments)?));
    let page = folder.join("runs/tiny/report/index.html").metadata()?.len();
    sh.remove_path(&folder)?;
    Ok(Measured { scans, costs, page })
}

/// A row for each stage: milliseconds for a scan and megabytes at most, for each cohort.
fn table(cohorts: &[Measured]) -> String {
    let mut text = "| stage |".to_owned();
    for Measured { scans, .. } in cohorts {
        let _ = write!(text, " {scans} scans: ms a scan | MB |");
    }
    text += "\n|---|";
    text += &"---|---|".repeat(cohorts.len());
    let stages = cohorts.first().map_or(&[][..], |cohort| &cohort.costs);
    for (row, (stage, _)) in stages.iter().enumerate() {
        let _ = write!(text, "\n| {stage} |");
        for Measured { scans, costs, .. } in cohorts {
            let Cost { seconds, peak, .. } = costs[row].1;
            let _ = write!(text, " {:.1} | {} |", 1000.0 * seconds / *scans as f64, peak / 1024);
        }
    }
    let _ = write!(text, "\n| the report's page |");
    for Measured { page, .. } in cohorts {
        let _ = write!(text, " | {:.1} |", *page as f64 / 1e6);
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
            costs: vec![("synth", Cost { seconds, processor: seconds, peak: 2048 })],
            page: 1_500_000,
        };
        let table = table(&[cohort(100, 1.0), cohort(1000, 20.0)]);
        assert!(table.contains("| synth | 10.0 | 2 | 20.0 | 2 |"), "{table}");
        assert!(table.contains("| the report's page | | 1.5 | | 1.5 |"), "{table}");
    }
}
