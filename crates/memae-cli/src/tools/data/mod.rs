//! `memae data`: which data sets are known, and what is wrong with those at hand.

mod check;
mod drift;
mod labels;

use anyhow::Result;
use cli_support::progress;

use crate::data::manifest::Manifest;

pub(crate) use check::check;

/// Prints the built-in manifests: what each cohort is and how to get it.
pub(crate) fn list() -> Result<()> {
    let mut text = String::new();
    for (name, manifest) in Manifest::built_in()? {
        let count = |subjects: Option<usize>| subjects.map_or_else(String::new, |n| format!("{n} "));
        let healthy = manifest.healthy.iter().map(|files| format!("{}healthy", count(files.subjects)));
        let lesions = manifest.lesions.iter().map(|files| format!("{}with lesions", count(files.subjects)));
        let subjects: Vec<String> = healthy.chain(lesions).collect();
        text += &format!("{name}\n  {}; subjects: {}\n", manifest.title, subjects.join(", "));
        text += &format!("  access    {}\n", manifest.access);
        text += &manifest.url.map_or_else(String::new, |url| format!("  page      {url}\n"));
        text += &format!("  licence   {}\n  cite      {}\n", manifest.licence, manifest.citation);
    }
    progress::result(&text)
}
