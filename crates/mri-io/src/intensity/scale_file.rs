//! Standard scales as small JSON files.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::nyul::{LANDMARKS, PERCENTILES, StandardScale};
use crate::atomic_file::write_whole;
use crate::{Error, Result};

/// Version of the files that [`StandardScale::write`] makes.
const VERSION: u32 = 1;

/// A standard scale as a file holds it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScaleFile {
    version: u32,
    percentiles: [f64; LANDMARKS],
    landmarks: [f64; LANDMARKS],
}

impl StandardScale {
    /// Reads a scale that [`Self::write`] wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is not a standard scale, or is one of another version.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let refused = |reason: String| Error::Scale { path: path.to_owned(), reason };
        let text = fs_err::read_to_string(path).map_err(|error| Error::io(path, error))?;
        let file: ScaleFile = serde_json::from_str(&text)
            .map_err(|error| refused(format!("not a standard scale of intensities ({error})")))?;
        if file.version != VERSION {
            let version = file.version;
            return Err(refused(format!(
                "version {version} of a standard scale; this program knows {VERSION}"
            )));
        }
        if file.percentiles != PERCENTILES {
            return Err(refused(format!("landmarks at other percentiles than {PERCENTILES:?}")));
        }
        Self::new(file.landmarks).map_err(|error| refused(error.to_string()))
    }

    /// Writes the scale to a small JSON file, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let file = ScaleFile { version: VERSION, percentiles: PERCENTILES, landmarks: self.landmarks };
        write_whole(path, |out| {
            serde_json::to_writer_pretty(&mut *out, &file)?;
            out.write_all(b"\n")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_scale_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scale.json");
        let scale = StandardScale { landmarks: std::array::from_fn(|n| 0.1 * n as f64) };
        scale.write(&path).unwrap();
        assert_eq!(StandardScale::read(&path).unwrap(), scale, "the same bits");
        let text = std::fs::read_to_string(&path).unwrap();
        let refusal = |text: &str| {
            std::fs::write(&path, text).unwrap();
            StandardScale::read(&path).unwrap_err().to_string()
        };
        assert!(refusal(&text.replace("\"version\": 1", "\"version\": 2")).contains("version 2"));
        assert!(refusal(&text.replace("99.0", "98.0")).contains("other percentiles"));
        assert!(refusal("subject,age").contains("scale.json: not a standard scale"));
        let flat = ScaleFile { version: VERSION, percentiles: PERCENTILES, landmarks: [1.0; LANDMARKS] };
        assert!(refusal(&serde_json::to_string(&flat).unwrap()).contains("must rise"));
        assert!(
            StandardScale::read(folder.path().join("none.json")).unwrap_err().to_string().contains("none")
        );
    }
}
