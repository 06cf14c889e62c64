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

/// How models share the threads while they are trained.
pub(crate) struct Share {
    /// Models at the same time.
    pub(crate) models: usize,
    /// Threads of each. A network's last bits depend on it, and on nothing else here.
    pub(crate) each: usize,
}

impl Share {
    /// As the configuration says. A GPU takes one model after the other.
    pub(crate) fn new(config: &Config) -> Self {
        let available = available(config);
        match config.run.threads_per_model {
            0 => Self { models: 1, each: available },
            each if config.run.device.is_cuda() => Self { models: 1, each },
            each => Self { models: (available / each).max(1), each },
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_models_at_the_same_time_as_have_threads_of_their_own() {
        let share = |threads: usize, each: usize, device: &str| {
            let keys = format!("name = \"quick\"\nthreads = {threads}\ndevice = \"{device}\"");
            let text = crate::config::QUICK.replacen("name = \"quick\"", &keys, 1).replacen(
                "threads_per_model = 1",
                &format!("threads_per_model = {each}"),
                1,
            );
            let Share { models, each } = Share::new(&toml::from_str(&text).unwrap());
            [models, each]
        };
        assert_eq!(share(5, 1, "cpu"), [5, 1]);
        assert_eq!(share(5, 2, "cpu"), [2, 2]);
        assert_eq!(share(5, 0, "cpu"), [1, 5]);
        // The same number on a machine with fewer threads, and so the same weights.
        assert_eq!(share(1, 2, "cpu"), [1, 2]);
        assert_eq!(share(5, 1, "cuda:0"), [1, 1]);
    }
}
