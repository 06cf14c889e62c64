//! What is in a file.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mri_io::nifti::read_header;

use crate::exit;

/// Tells of each file what it can; a file that cannot be read does not stop the others.
pub(crate) fn print(files: &[PathBuf]) -> Result<u8> {
    let mut code = exit::SUCCESS;
    for file in files {
        match about(file) {
            Ok(text) => write!(std::io::stdout(), "{text}")?,
            Err(error) => {
                eprintln!("error: {error}");
                code = exit::FAILURE;
            }
        }
    }
    Ok(code)
}

fn about(file: &Path) -> mri_io::Result<String> {
    let header = read_header(file)?;
    let [i, j, k] = header.shape;
    let [x, y, z] = header.affine.spacing();
    let mut text = format!(
        "{}\n  voxels       {i} x {j} x {k}{} {} ({})\n  spacing      {x:.4} x {y:.4} x {z:.4} mm\n  orientation  {}\n",
        file.display(),
        if header.volumes > 1 { format!(", {} volumes,", header.volumes) } else { String::new() },
        header.datatype,
        header.format,
        header.affine.orientation()
    );
    if (header.slope, header.inter) != (1.0, 0.0) {
        let _ = writeln!(text, "  scaling      {} * stored + {}", header.slope, header.inter);
    }
    if !header.description.is_empty() {
        let _ = writeln!(text, "  description  {}", header.description);
    }
    for finding in &header.findings {
        let _ = writeln!(text, "  warning      {finding}");
    }
    text += "  affine\n";
    for row in header.affine.matrix().row_iter() {
        let row: Vec<String> = row.iter().map(|value| format!("{value:12.5}")).collect();
        let _ = writeln!(text, "  {}", row.join(" "));
    }
    Ok(text)
}
