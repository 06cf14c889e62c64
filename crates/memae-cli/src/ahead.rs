//! What can be known before the work is asked for before the work, not hours later.

use anyhow::{Context, Result};

use crate::config::{Builtin, Config, Data};
use crate::failure::BadConfig;
use crate::stages::preprocess;

/// What a command needs networks for.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Networks {
    /// Nothing: scans may be prepared on a machine without the device.
    Unused,
    Used,
    Trained,
}

/// Asks whether the cache can be written, whether the reference fits its grid, and for the device and its memory.
///
/// # Errors
/// [`BadConfig`] with everything that is not as it must be.
pub(crate) fn check(config: &Config, networks: Networks) -> Result<()> {
    let mut problems = Vec::new();
    let mut need = |what: &str, checked: Result<()>| {
        problems.extend(checked.err().map(|error| format!("{what}: {error:#}")));
    };
    match networks {
        Networks::Unused => {}
        Networks::Used => need("[run] device", config.run.device.check().map_err(Into::into)),
        Networks::Trained => need("[run] device", can_train(config)),
    }
    need("[run] cache", can_write_in(&config.run.cache));
    // Before anatomy of label maps is registered it is rendered, which takes long. Other data comes to its reference at once.
    if matches!(config.data, Data::Synthetic(_)) && config.builtin_reference() != Some(Builtin::Synthetic) {
        need("[reference]", preprocess::check_reference(config));
    }
    if problems.is_empty() { Ok(()) } else { Err(BadConfig(problems).into()) }
}

/// Whether the device is there and, if it is a GPU, has the memory to train each model.
fn can_train(config: &Config) -> Result<()> {
    let [rows, columns, _] = config.reference.shape;
    for &model in &config.run.models {
        memae_model::rehearse(model, &config.model, &config.train, [rows, columns], config.run.device)
            .with_context(|| format!("{model} cannot be trained"))?;
    }
    Ok(())
}

/// Makes a folder, and tries whether files can be made in it.
fn can_write_in(folder: &std::path::Path) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    mri_io::atomic_file::can_write(folder.join("any")).context("cannot be used")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(change: (&str, &str)) -> String {
        let text = crate::config::QUICK;
        assert!(text.contains(change.0), "configs/quick.toml has no {:?}", change.0);
        let config: Config = toml::from_str(&text.replacen(change.0, change.1, 1)).unwrap();
        check(&config, Networks::Trained).unwrap_err().to_string()
    }

    #[test]
    fn a_device_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let cache = format!("name = \"quick\"\ndevice = \"cuda:99\"\ncache = {:?}", folder.path());
        let problems = problems(("name = \"quick\"", &cache));
        assert!(problems.starts_with("[run] device: ") && problems.contains("cuda:99"), "{problems}");
    }

    #[test]
    fn a_cache_that_cannot_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        cli_support::files::write(&file, b"").unwrap();
        let cache = format!("name = \"quick\"\ndevice = \"cpu\"\ncache = {:?}", file.join("cache"));
        let problems = problems(("name = \"quick\"", &cache));
        assert!(problems.starts_with("[run] cache: ") && problems.contains("file"), "{problems}");
    }
}
