//! What is odd about a scan or its header.

use std::fmt;

/// One thing that was found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, to be read after the scan's name.
    pub what: String,
    /// What to do about it, if anything.
    pub advice: Option<&'static str>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Severity {
    /// Must be mended: the work would fail or its result be wrong.
    Error,
    /// May spoil the result.
    Warning,
    /// Good to know.
    Note,
}

impl Finding {
    /// Something to do something about.
    pub fn new(severity: Severity, what: impl Into<String>, advice: &'static str) -> Self {
        Self { severity, what: what.into(), advice: Some(advice) }
    }

    /// Something good to know.
    pub fn note(what: impl Into<String>) -> Self {
        Self { severity: Severity::Note, what: what.into(), advice: None }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        self.advice.map_or(Ok(()), |advice| write!(formatter, "; {advice}"))
    }
}
