//! Makes files, has them read, and says which of them were read badly.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::mutate::mutant;

/// Without a number of executions each target is tried for so long.
const SHORT: Duration = Duration::from_secs(1);
/// Longer than this no file may take, on a busy machine either.
const SLOW: Duration = Duration::from_secs(20);
/// After so many findings a target ends.
const ENOUGH: usize = 5;

/// What became of a file.
#[derive(PartialEq)]
pub(super) enum Outcome {
    Read,
    Refused,
}

impl Outcome {
    /// Of a result whose error has to name the file.
    pub(super) fn of<T>(result: Result<T, impl std::fmt::Display>, name: &str) -> Self {
        let Err(error) = result else { return Self::Read };
        // With all its causes, where it has some.
        let text = format!("{error:#}");
        assert!(text.contains(name), "the error does not name the file: {text}");
        Self::Refused
    }
}

/// Reads changed copies of the seeds with `check`, which panics over what must not be. `words` have a meaning in the format.
pub(super) fn fuzz(name: &str, seeds: &[Vec<u8>], words: &[&str], check: impl Fn(&[u8]) -> Outcome) {
    let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seed = setting("FUZZ_SEED").unwrap_or(1);
    let first = setting("FUZZ_FIRST").unwrap_or(0);
    let executions = setting("FUZZ_EXECUTIONS");
    let at = beside_the_program(name);
    let file = File::create(&at).unwrap();
    let (start, mut number, mut findings, mut read) = (Instant::now(), first, Vec::new(), 0_u64);
    while executions.map_or_else(|| start.elapsed() < SHORT, |count| number < first + count) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ number.rotate_left(32));
        let bytes = mutant(&mut rng, seeds, words);
        // What ends the program leaves this behind.
        file.write_all_at(format!("{number:020}").as_bytes(), 0).unwrap();
        let begin = Instant::now();
        let finding = match panic::catch_unwind(AssertUnwindSafe(|| check(&bytes))) {
            Err(_) => Some("panicked".to_owned()),
            Ok(_) if begin.elapsed() > SLOW => Some(format!("took {:.0?}", begin.elapsed())),
            Ok(outcome) => {
                read += u64::from(outcome == Outcome::Read);
                None
            }
        };
        if let Some(what) = finding {
            let kept = at.with_extension(format!("{number}"));
            std::fs::write(&kept, &bytes).unwrap();
            findings.push(format!(
                "{what}: FUZZ_SEED={seed} FUZZ_FIRST={number} FUZZ_EXECUTIONS=1, {}",
                kept.display()
            ));
        }
        number += 1;
        if findings.len() == ENOUGH {
            break;
        }
    }
    let count = number - first;
    println!(
        "fuzz {name}: seed {seed}, {count} files, {read} of them read, {:.0} s, {} findings",
        start.elapsed().as_secs_f64(),
        findings.len()
    );
    assert!(findings.is_empty(), "{name}:\n{}", findings.join("\n"));
    assert!(
        executions.is_some() || read > 0,
        "{name}: no file was read, so that nothing behind its first bytes was tried"
    );
    std::fs::remove_file(at).unwrap();
}

/// The file with the number of the execution at work.
fn beside_the_program(name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap_or(Path::new(".")).join(format!("fuzz-{name}.at"))
}
