//! Running the built programs as a user would.

use std::env;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;

/// Exit code of a Rust program that panicked.
const PANICKED: i32 = 101;

/// The built `memae`.
pub(crate) fn memae() -> Command {
    built("memae")
}

/// The built `mri-prep`.
pub(crate) fn mri_prep() -> Command {
    built("mri-prep")
}

/// A program from the folder of the same profile: this test lies in its `deps`.
fn built(name: &str) -> Command {
    let test = env::current_exe().expect("the test knows where it lies");
    let profile: PathBuf = test.ancestors().nth(2).expect("tests lie in target/<profile>/deps").into();
    let program = profile.join(name);
    assert!(program.is_file(), "{} is missing: run `cargo build --workspace` first", program.display());
    Command::new(program)
}

/// Runs a command that must succeed; returns what it printed.
#[track_caller]
pub(crate) fn succeeds(command: &mut Command) -> String {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?} failed:\n{}", text(&output));
    text(&output)
}

/// Runs a command that must end in an error message, not in a panic, and checks what the message says.
#[track_caller]
pub(crate) fn fails_saying(command: &mut Command, expected: &[&str]) {
    let output = command.output().expect("the program starts");
    let text = text(&output);
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| code != 0 && code != PANICKED),
        "{command:?} ended with {code:?}:\n{text}"
    );
    for part in expected {
        assert!(text.contains(part), "{command:?} does not say {part:?}:\n{text}");
    }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}
