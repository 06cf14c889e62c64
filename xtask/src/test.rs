//! All that a change must pass, as named steps.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

use crate::{dependencies, directions, faults, features, python, setup, typos};

struct Step {
    name: &'static str,
    about: &'static str,
    needs_libtorch: bool,
    run: fn(&Shell) -> Result<()>,
}

/// Quick ones first. All steps that compile share features, profile and RUSTFLAGS, so that each dependency is checked once
/// and built once.
const STEPS: [Step; 12] = [
    Step {
        name: "fmt",
        about: "rustfmt has nothing to change",
        needs_libtorch: false,
        run: |sh| Ok(cmd!(sh, "cargo fmt --all --check").quiet().run()?),
    },
    Step {
        name: "directions",
        about: "crates depend on each other one way, and only two reach libtorch",
        needs_libtorch: false,
        run: |sh| directions::check(&sh.current_dir()),
    },
    Step {
        name: "dependencies",
        about: "licences, sources and oldest Rust of all dependencies",
        needs_libtorch: false,
        run: |_| dependencies::check(),
    },
    Step { name: "typos", about: "no word is misspelt", needs_libtorch: false, run: typos::check },
    Step {
        name: "features",
        about: "the libraries build with each of their features, and bring few packages along (only if named)",
        needs_libtorch: false,
        run: features::check,
    },
    Step {
        name: "sanitizer",
        about: "no access beyond memory where code is unsafe (only if named; needs a nightly toolchain, takes minutes)",
        needs_libtorch: true,
        run: sanitizer,
    },
    Step {
        name: "clippy",
        about: "clippy has no warnings",
        needs_libtorch: true,
        run: |sh| Ok(cmd!(sh, "cargo clippy --workspace --all-targets -- -D warnings").quiet().run()?),
    },
    Step {
        name: "doc",
        about: "rustdoc has no warnings",
        needs_libtorch: true,
        run: |sh| {
            Ok(cmd!(sh, "cargo doc --workspace --no-deps")
                .env("RUSTDOCFLAGS", "-D warnings")
                .quiet()
                .run()?)
        },
    },
    Step {
        name: "build",
        about: "everything builds (the end-to-end tests run the built program)",
        needs_libtorch: true,
        run: |sh| Ok(cmd!(sh, "cargo build --workspace --all-targets").quiet().run()?),
    },
    Step {
        name: "faults",
        about: "a run survives kills, failing writes and spoiled files: a few of those of `cargo xtask faults`",
        needs_libtorch: true,
        run: faults::few,
    },
    Step {
        name: "test",
        about: "unit, golden, documentation and end-to-end tests",
        needs_libtorch: true,
        run: |sh| Ok(cmd!(sh, "cargo test --workspace --no-fail-fast").quiet().run()?),
    },
    Step {
        name: "python",
        about: "the Python package and exported models (python3 with venv or pip; packages from PyPI)",
        needs_libtorch: true,
        run: python::test,
    },
];

/// All unsafe code that Rust's own tests reach is in memae-model. libtorch cannot run under Miri, and frees little of what it
/// registers, so leaks are not looked for. A test asks for more memory than there is, which is to be refused as without the
/// sanitizer. Rust's own library is not compiled anew, hence a target of its own.
fn sanitizer(sh: &Shell) -> Result<()> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    cmd!(
        sh,
        "cargo +nightly test --package memae-model --lib --target {target} --target-dir target/sanitizer"
    )
    .env("RUSTFLAGS", "-Zsanitizer=address")
    .env("ASAN_OPTIONS", "detect_leaks=0:allocator_may_return_null=1")
    .quiet()
    .run()
    .context("`rustup toolchain install nightly` gets the toolchain, if it is that which is missing")
}

/// One line for each step, for the help text.
pub(crate) fn describe_steps() -> String {
    let mut text = String::new();
    for step in &STEPS {
        let _ = writeln!(text, "  {:<12} {}", step.name, step.about);
    }
    text
}

/// Runs the named steps, or all of them; a crate's name stands for clippy and the tests of that crate alone. Stops at the first that
/// fails.
pub(crate) fn run(sh: &Shell, root: &Path, names: &[String]) -> Result<()> {
    let work = select(names)?;
    if work.iter().any(Work::needs_libtorch) {
        setup::ensure(sh, root)?;
    }
    let mut times = Vec::new();
    for work in work {
        let name = work.name();
        println!("==> {name}");
        let start = Instant::now();
        work.run(sh)
            .with_context(|| format!("`{name}` failed; run it again with `cargo xtask test {name}`"))?;
        println!("==> {name} took {:.1} s", start.elapsed().as_secs_f64());
        times.push((name, start.elapsed()));
    }
    println!("\nAll steps passed.\n{}", time_table(&times));
    Ok(())
}

/// What a name stands for.
enum Work {
    Step(&'static Step),
    Crate(&'static str),
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Step(step) => step.name,
            Self::Crate(name) => name,
        }
    }

    fn needs_libtorch(&self) -> bool {
        match self {
            Self::Step(step) => step.needs_libtorch,
            Self::Crate(name) => *name == END_TO_END || directions::MAY_LINK_TORCH.contains(name),
        }
    }

    fn run(&self, sh: &Shell) -> Result<()> {
        match self {
            Self::Step(step) => (step.run)(sh),
            Self::Crate(name) => {
                if *name == END_TO_END {
                    cmd!(sh, "cargo build --package memae-cli --package mri-prep").quiet().run()?;
                }
                cmd!(sh, "cargo clippy --package {name} --all-targets -- -D warnings").quiet().run()?;
                Ok(cmd!(sh, "cargo test --package {name}").quiet().run()?)
            }
        }
    }
}

/// Run only where they are named: they build dependencies once more, which takes minutes.
const ONLY_NAMED: [&str; 2] = ["features", "sanitizer"];
/// Its tests run programs that others build.
const END_TO_END: &str = "end-to-end";

fn select(names: &[String]) -> Result<Vec<Work>> {
    let crates = || directions::DEPENDS_ON.iter().map(|(name, _)| *name);
    let is_step = |name: &str| STEPS.iter().any(|step| step.name == name);
    if let Some(unknown) = names.iter().find(|name| !is_step(name) && crates().all(|known| known != **name)) {
        let crates = crates().collect::<Vec<_>>().join(", ");
        bail!(
            "there is no step or crate `{unknown}`; the steps are:\n{}and the crates {crates}",
            describe_steps()
        );
    }
    let named = |wanted: &str| names.iter().any(|name| name == wanted);
    let by_default = |step: &Step| names.is_empty() && !ONLY_NAMED.contains(&step.name);
    let steps = STEPS.iter().filter(|step| by_default(step) || named(step.name)).map(Work::Step);
    Ok(steps.chain(crates().filter(|name| named(name)).map(Work::Crate)).collect())
}

fn time_table(times: &[(&str, Duration)]) -> String {
    let total: Duration = times.iter().map(|(_, time)| time).sum();
    let mut text = String::new();
    for (name, time) in times.iter().copied().chain([("total", total)]) {
        let _ = writeln!(text, "  {name:<12} {:>7.1} s", time.as_secs_f64());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(names: &[&str]) -> Result<Vec<&'static str>> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Ok(select(&names)?.iter().map(Work::name).collect())
    }

    #[test]
    fn no_names_select_all_and_names_keep_the_order_of_the_steps() {
        assert_eq!(selected(&[]).unwrap().len(), STEPS.len() - ONLY_NAMED.len());
        assert_eq!(selected(&ONLY_NAMED).unwrap(), ONLY_NAMED);
        assert_eq!(selected(&["test", "fmt"]).unwrap(), ["fmt", "test"]);
        assert_eq!(selected(&["mri-io", "fmt"]).unwrap(), ["fmt", "mri-io"]);
    }

    #[test]
    fn an_unknown_step_is_named() {
        let error = selected(&["fmt", "tset"]).unwrap_err().to_string();
        assert!(error.contains("`tset`") && error.contains("clippy") && error.contains("mri-io"), "{error}");
    }
}
