//! How many threads a run may use.

use anyhow::Result;

use crate::config::Config;

/// Threads that the configuration allows.
pub(crate) fn available(config: &Config) -> usize {
    match config.run.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// Keeps the whole process to the configured threads: the pool that the libraries share, and libtorch; and has it keep memory that
/// networks will ask for again.
///
/// # Errors
/// If it was called before: the pool is made once.
pub(crate) fn limit(config: &Config) -> Result<()> {
    let threads = available(config);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    memae_model::set_threads(threads);
    memae_model::keep_memory();
    Ok(())
}
