//! The programs of this checkout beside those of an earlier one, on the same scans, in turns.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;
use xshell::{Shell, cmd};

use super::process::{Cost, cost};
use super::timing::median;
use crate::{machine, setup};

/// Models of full width on scans of full size, trained for a moment: `detect` takes as long as with good weights.
const FULL: &str = r#"
[run]
name = "full"
device = "cpu"
models = ["ssim-memae"]

[data]
kind = "synthetic"
seed = 1
train = 2
validation = 1
test = 1

[train]
epochs = 1
batch = 8
seed = 1
"#;
const STAGES: [&str; 6] = ["synth", "preprocess", "train", "reconstruct", "evaluate", "report"];
/// What the example `timing` of mri-io prints, and what it is called in the table.
const INSIDE: [(&str, &str); 4] = [
    ("read", "reading"),
    ("linear", "linear resampling"),
    ("lanczos", "Lanczos resampling"),
    ("write", "writing as .nii.gz"),
];

/// Where the programs of a checkout lie.
struct Build {
    name: &'static str,
    programs: PathBuf,
    work: PathBuf,
}

/// One row of the table: what was measured of the earlier build and of this one.
struct Row {
    what: String,
    times: [Vec<f64>; 2],
    processor: [Vec<f64>; 2],
    peak: [u64; 2],
}

impl Row {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), times: Default::default(), processor: Default::default(), peak: [0; 2] }
    }

    fn add(&mut self, build: usize, cost: Cost, scans: f64) {
        self.times[build].push(cost.seconds / scans);
        self.processor[build].push(cost.processor / scans);
        self.peak[build] = self.peak[build].max(cost.peak);
    }
}

/// Measures, prints a table as Markdown, and writes it to `--out`.
pub(super) fn run(root: &Path, args: &mut lexopt::Parser) -> Result<()> {
    let (mut programs, mut scans, mut out) = (None, Vec::new(), None);
    let (mut rounds, mut experiment) = (5, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("programs") => programs = Some(PathBuf::from(args.value()?)),
            Long("rounds") => rounds = args.value()?.parse()?,
            Long("experiment") => experiment = true,
            Long("out") => out = Some(PathBuf::from(args.value()?)),
            Value(scan) => scans.push(absolute(Path::new(&scan))?),
            other => return Err(other.unexpected().into()),
        }
    }
    let programs = programs.context("--programs: name the folder target/release of the earlier checkout")?;
    ensure!(scans.len() >= 2, "name at least two whole heads, as .nii.gz");
    ensure!(rounds > 0, "--rounds is at least 1");
    let sh = crate::shell_at(root)?;
    let memae = setup::release(&sh, root)?;
    let ours = memae.parent().context("a program lies in a folder")?;
    cmd!(sh, "cargo build --release --package mri-prep --bins").quiet().run()?;
    for (package, example) in [("mri-io", "timing"), ("anomaly-eval", "counting")] {
        cmd!(sh, "cargo build --release --package {package} --example {example}").quiet().run()?;
    }
    let folder = root.join("target/earlier");
    sh.remove_path(&folder)?;
    let build = |name, programs: &Path| -> Result<Build> {
        let work = sh.create_dir(folder.join(name))?;
        Ok(Build { name, programs: absolute(programs)?, work })
    };
    let builds = [build("earlier", &programs)?, build("now", ours)?];

    let mut text = heading(&sh, rounds)?;
    let mut say = |part: String| {
        println!("{part}");
        text += &part;
    };
    say(table("a scan", &on_scans(&builds, root, &scans, rounds)?));
    say(table("a call inside", &inside(&builds, &scans[0], rounds)?));
    say(table("a scan", &detection(&builds, &scans, rounds)?));
    if experiment {
        say(table("a stage", &stages(&builds)?));
    }
    if let Some(out) = out {
        sh.write_file(&out, &text)?;
        println!("Written to {}", out.display());
    }
    sh.remove_path(&folder)?;
    Ok(())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().with_context(|| format!("there is no {}", path.display()))
}

fn heading(sh: &Shell, rounds: usize) -> Result<String> {
    let commit = cmd!(sh, "git describe --always --dirty").quiet().read()?;
    Ok(format!(
        "`now` is {commit}; on {}. Medians of {rounds} rounds, the two builds in turns, whole processes, scans in the page cache. \
         s: wall time. CPU s: processor time of all threads. MB: memory at most.\n",
        machine::processor(sh)
    ))
}

/// The commands of `mri-prep` on files.
fn on_scans(builds: &[Build; 2], root: &Path, scans: &[PathBuf], rounds: usize) -> Result<Vec<Row>> {
    let reference = root.join("crates/mri-io/src/preprocess/reference/t2.nii.gz");
    let (first, second) = (scans[0].display(), scans[1].display());
    let entry = |(number, scan): (usize, &PathBuf)| format!("{},out/{number}\n", scan.display());
    let list = scans.iter().enumerate().map(entry).fold("scan,output\n".to_owned(), |list, row| list + &row);
    for build in builds {
        std::fs::write(build.work.join("scans.csv"), &list)?;
    }
    let many = scans.len() as f64;
    let run = format!("run --manifest scans.csv --reference {} --force --jobs", reference.display());
    let commands = [
        ("skull stripping", 1.0, format!("strip {first} --mask brain.nii.gz")),
        (
            "bias correction within the brain",
            1.0,
            format!("bias {first} unbiased.nii.gz --mask brain.nii.gz"),
        ),
        ("rigid registration of two heads", 1.0, format!("register {first} {second} --matrix motion.txt")),
        ("`run` on a list, one at a time", many, format!("{run} 1")),
        ("`run` on a list, two at a time", many, format!("{run} 2")),
    ];
    let measure = |(what, scans, command): &(&str, f64, String)| -> Result<Row> {
        let arguments: Vec<OsString> = command.split(' ').map(Into::into).collect();
        let mut row = Row::new(*what);
        for _ in 0..rounds {
            for (number, build) in builds.iter().enumerate() {
                row.add(number, cost(&build.programs.join("mri-prep"), &build.work, &arguments)?, *scans);
            }
        }
        Ok(row)
    };
    commands.iter().map(measure).collect()
}

/// What the libraries' own examples measure inside their process.
fn inside(builds: &[Build; 2], scan: &Path, rounds: usize) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = INSIDE.iter().map(|(_, what)| Row::new(*what)).collect();
    let mut counting = Row::new("AUROC, AP and counts of a volume, in reads of its arrays");
    let sh = Shell::new()?;
    for _ in 0..rounds {
        for (number, Build { programs, .. }) in builds.iter().enumerate() {
            let examples = programs.join("examples");
            let (timing, counts) = (examples.join("timing"), examples.join("counting"));
            let printed: serde_json::Value =
                serde_json::from_str(&cmd!(sh, "{timing} {scan} 7").quiet().read()?)?;
            for (row, (key, _)) in rows.iter_mut().zip(INSIDE) {
                let milliseconds =
                    printed["median_ms"][key].as_f64().context("`timing` prints other things")?;
                row.times[number].push(milliseconds / 1e3);
            }
            let printed: serde_json::Value = serde_json::from_str(&cmd!(sh, "{counts} 5").quiet().read()?)?;
            let [counted, read] = ["counting", "reading"].map(|key| printed[key].as_f64());
            let (counted, read) = counted.zip(read).context("`counting` prints other things")?;
            counting.times[number].push(counted / read);
        }
    }
    rows.push(counting);
    Ok(rows)
}

/// `memae detect` at full width, from the scan to its maps.
fn detection(builds: &[Build; 2], scans: &[PathBuf], rounds: usize) -> Result<Vec<Row>> {
    let mut row = Row::new("`memae detect`, full width, 240 x 240 x 155");
    for build in builds {
        std::fs::write(build.work.join("full.toml"), FULL)?;
        for stage in ["synth", "preprocess", "train", "package"] {
            memae(build, &format!("{stage} --config full.toml"))?;
        }
    }
    let package = "runs/full/packages/ssim-memae.safetensors";
    for round in 0..rounds {
        for (number, build) in builds.iter().enumerate() {
            let command = format!("detect {} --model {package} --out found{round}", scans[0].display());
            row.add(number, memae(build, &command)?, 1.0);
        }
    }
    Ok(vec![row])
}

/// The stages of the quick experiment, once each.
fn stages(builds: &[Build; 2]) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = STAGES.iter().map(|stage| Row::new(format!("`memae {stage}`"))).collect();
    let mut whole = Row::new("the quick experiment");
    for (number, build) in builds.iter().enumerate() {
        for (row, stage) in rows.iter_mut().zip(STAGES) {
            row.add(number, memae(build, stage)?, 1.0);
        }
        let sum = |values: fn(&Row) -> &[Vec<f64>; 2]| rows.iter().map(|row| values(row)[number][0]).sum();
        whole.times[number].push(sum(|row| &row.times));
        whole.processor[number].push(sum(|row| &row.processor));
        whole.peak[number] = rows.iter().map(|row| row.peak[number]).max().unwrap_or(0);
    }
    rows.push(whole);
    Ok(rows)
}

/// Runs `memae` of a build in its folder.
fn memae(build: &Build, command: &str) -> Result<Cost> {
    let arguments: Vec<OsString> = command.split(' ').map(Into::into).collect();
    cost(&build.programs.join("memae"), &build.work, &arguments)
        .with_context(|| format!("the build called {:?}", build.name))
}

/// One row for each, earlier beside now; `per` says what the figures are of.
fn table(per: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "\n| {per} | earlier s | now s | now / earlier | earlier CPU s | now CPU s | earlier MB | now MB |\n\
         |---|---|---|---|---|---|---|---|\n"
    );
    for Row { what, times, processor, peak } in rows {
        let [before, now] = [&times[0], &times[1]].map(|times| median(times.clone()));
        let _ = write!(text, "| {what} | {before:.3} | {now:.3} | {:.2} |", now / before);
        for times in processor {
            let _ = match times.as_slice() {
                [] => write!(text, " – |"),
                times => write!(text, " {:.2} |", median(times.to_vec())),
            };
        }
        for peak in peak {
            let _ = match peak {
                0 => write!(text, " – |"),
                peak => write!(text, " {} |", peak / 1024),
            };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_stand_beside_each_other_with_their_ratio() {
        let mut row = Row::new("stripping");
        for (build, seconds) in [(0, 2.0), (1, 0.5), (0, 4.0), (1, 1.5), (0, 3.0), (1, 1.0)] {
            row.add(build, Cost { seconds, processor: 2.0 * seconds, peak: 2048 }, 1.0);
        }
        let mut inside = Row::new("reading");
        inside.times = [vec![0.1], vec![0.2]];
        let table = table("a scan", &[row, inside]);
        assert!(table.contains("| stripping | 3.000 | 1.000 | 0.33 | 6.00 | 2.00 | 2 | 2 |"), "{table}");
        assert!(table.contains("| reading | 0.100 | 0.200 | 2.00 | – | – | – | – |"), "{table}");
    }
}
