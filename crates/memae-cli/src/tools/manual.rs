//! The command line, described for shells, `man` and the documentation.

use std::path::Path;

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_markdown::MarkdownOptions;
use cli_support::{files, progress};

use crate::cli::Cli;

/// Prints a shell's completion script.
pub(crate) fn completions(shell: Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "memae", &mut script);
    progress::result(&String::from_utf8(script)?)
}

/// Writes `memae.1` and a page for each command.
pub(crate) fn man(folder: &Path) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    page(program.clone(), "memae".to_owned(), folder)
}

fn page(command: clap::Command, name: String, folder: &Path) -> Result<()> {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        page(inner.clone(), format!("{name}-{}", inner.get_name()), folder)?;
    }
    let file = folder.join(format!("{name}.1"));
    let mut text = Vec::new();
    clap_mangen::Man::new(command.display_name(name)).render(&mut text)?;
    files::write(&file, &text)
}

/// Prints docs/reference/commands.md.
pub(crate) fn reference() -> Result<()> {
    let options = MarkdownOptions::new().title("Commands of memae".to_owned()).show_footer(false);
    progress::result(&clap_markdown::help_markdown_custom::<Cli>(&options))
}
