//! Project automation: `cargo xtask help` lists the commands.
//!
//! Links none of the workspace's other crates, so that it builds in seconds and before libtorch is there.

mod bench;
mod dependencies;
mod directions;
mod doctor;
mod faults;
mod features;
mod libtorch;
mod machine;
mod provision;
mod python;
mod reproduce;
mod setup;
mod test;
mod tiny;
mod train_default;
mod train_strip;
mod typos;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use xshell::Shell;

const HELP: &str = "\
Project automation.

Usage: cargo xtask <COMMAND>

Commands:
  setup                              get libtorch, unless LIBTORCH or LIBTORCH_USE_PYTORCH says where it is
  reproduce [--config FILE] [ARG]..  set up, build, run the whole experiment (default: configs/quick.toml);
                                     further arguments go to `memae run`
  test [STEP|CRATE]..                set up, then format, spelling, clippy, docs, checks of dependencies, all tests; or only the
                                     named steps; or clippy and the tests of the named crates alone
  train-default --label-maps DIR [--out DIR]
                                     set up, build, train the packages that are built into the program on heads rendered
                                     from these label maps (configs/default-model.toml); goes on where it was interrupted
  train-strip --label-maps DIR [--bf16]
                                     set up, build, train the networks with which mri-io finds the brain, on heads rendered from
                                     these label maps, and put their weights into its source; goes on where it was interrupted
  bench model [--device D] ..        compare a training step with PyTorch's and write a record below docs/benchmarks
  bench cohorts [--scans N,N,..] [--program FILE] [--out FILE]
                                     time and memory of each stage on cohorts of small synthetic scans
                                     (default: 100, 1,000 and 10,000, hours)
  bench earlier --programs DIR SCAN SCAN.. [--rounds N] [--experiment] [--out FILE]
                                     this checkout's programs beside those of an earlier one, built in release mode with
                                     examples, whose target/release is DIR; --experiment: the quick experiment, too
  bench shards [--config FILE] [--shards N] [--program FILE]
                                     an experiment of the five models as the commands that a scheduler is given, beside
                                     the same as one command; default: configs/quick.toml, 2 shards, 20 minutes
  faults [--kills N] [--writes N] [--spoiled N] [--twice N] [--preprocessed] [--seed N] [--program FILE] [--out FILE]
                                     kill a tiny run, fail its writes, spoil its files, start it twice: after each, the same
                                     command must reach the same results, bit for bit; --preprocessed: begin
                                     after preprocessing; --out: write a record
  doctor                             what of the set-up is there, and what is missing
  help                               this text
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut args = lexopt::Parser::from_env();
    let command = match args.next()? {
        Some(Value(word)) => word.string()?,
        None | Some(Long("help") | Short('h')) => "help".to_owned(),
        Some(other) => return Err(other.unexpected().into()),
    };
    let root = workspace_root()?;
    match command.as_str() {
        "setup" => {
            no_more(&mut args)?;
            setup::ensure(&shell_at(&root)?, &root)
        }
        "reproduce" => reproduce::run(&root, &mut args),
        "test" => {
            let mut names = Vec::new();
            while let Some(arg) = args.next()? {
                let Value(name) = arg else { return Err(arg.unexpected().into()) };
                names.push(name.string()?);
            }
            test::run(&shell_at(&root)?, &root, &names)
        }
        "train-default" => train_default::run(&root, &mut args),
        "train-strip" => train_strip::run(&root, &mut args),
        "bench" => bench::run(&root, &mut args),
        "faults" => faults::run(&root, &mut args),
        "doctor" => {
            no_more(&mut args)?;
            doctor::run(&shell_at(&root)?, &root)
        }
        "help" => {
            print!("{HELP}\nSteps of test:\n{}", test::describe_steps());
            Ok(())
        }
        other => bail!("there is no command `{other}`; `cargo xtask help` lists them"),
    }
}

/// The folder of the workspace. Cargo tells a program that it runs where its package lies.
fn workspace_root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`")?;
    let root = PathBuf::from(package).parent().context("xtask lies in no workspace")?.to_path_buf();
    Ok(root)
}

/// A shell whose commands run in the workspace's folder.
fn shell_at(root: &Path) -> Result<Shell> {
    let sh = Shell::new()?;
    sh.change_dir(root);
    Ok(sh)
}

/// The folder of label maps that a command was given.
fn label_maps(named: Option<PathBuf>) -> Result<PathBuf> {
    let folder = named.context("name the folder of label maps: --label-maps DIR")?;
    folder.canonicalize().with_context(|| format!("cannot find the label maps in {}", folder.display()))
}

fn no_more(args: &mut lexopt::Parser) -> Result<()> {
    match args.next()? {
        None => Ok(()),
        Some(arg) => Err(arg.unexpected().into()),
    }
}
