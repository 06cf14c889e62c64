//! The tiny experiment of the end-to-end tests, for what runs it many times or with many scans.

use anyhow::{Result, ensure};

const CONFIG: &str = include_str!("../../tests/tiny.toml");

/// Its configuration, with parts of the text replaced.
///
/// # Errors
/// If it has none of these parts.
pub(crate) fn config(changes: &[(&str, &str)]) -> Result<String> {
    changes.iter().try_fold(CONFIG.to_owned(), |text, (from, to)| {
        ensure!(text.contains(from), "tests/tiny.toml has no {from:?}");
        Ok(text.replacen(from, to, 1))
    })
}
