//! How many threads a run may use.

use anyhow::Result;

use crate::config::Config;

/// Variables in which schedulers and users say how many threads a program may use.
const GIVEN: [&str; 2] = ["SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS"];

/// Threads that the configuration allows; if it leaves that open, those that a scheduler gave.
pub(crate) fn available(config: &Config) -> usize {
    let given = |name: &&str| std::env::var(name).ok()?.parse().ok().filter(|&threads: &usize| threads > 0);
    match config.run.threads {
        0 => GIVEN
            .iter()
            .find_map(given)
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)),
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
