//! Relative addresses of files.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

/// The address of a file for who stands in `folder`.
pub(super) fn link(folder: &Path, file: &Path) -> Result<String> {
    let whole = |path: &Path| std::path::absolute(path).with_context(|| path.display().to_string());
    let (folder, file) = (whole(&folder.join("."))?, whole(file)?);
    let (from, to): (Vec<Component>, Vec<Component>) =
        (folder.components().collect(), file.components().collect());
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut path: PathBuf = from[shared..].iter().map(|_| "..").collect();
    path.extend(&to[shared..]);
    Ok(escape(&path))
}

/// A relative path as addresses write it (RFC 3986, "Percent-Encoding").
pub(super) fn escape(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./~".contains(&byte);
    let escape = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_from_the_page_to_the_picture() {
        let link = |folder, file| link(Path::new(folder), Path::new(file)).unwrap();
        assert_eq!(link("/data", "/data/out/sub 1/quality.png"), "out/sub%201/quality.png");
        assert_eq!(link("/data/pages", "/data/out/q.png"), "../out/q.png");
        assert_eq!(link("/data/study/derivatives/mri-prep", "/data/study"), "../..");
        assert_eq!(link("", "out/q.png"), "out/q.png");
        assert_eq!(link("a", "b/q.png"), "../b/q.png");
    }
}
