//! What is in a file.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use mri_io::read_header;

pub(crate) fn print(files: &[PathBuf]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for file in files {
        let header = read_header(file)?;
        let [i, j, k] = header.shape;
        let [x, y, z] = header.affine.spacing();
        writeln!(out, "{}", file.display())?;
        writeln!(out, "  voxels       {i} x {j} x {k} {} (NIfTI-{})", header.datatype, header.version)?;
        writeln!(out, "  spacing      {x:.4} x {y:.4} x {z:.4} mm")?;
        writeln!(out, "  orientation  {}", header.affine.orientation())?;
        if (header.slope, header.inter) != (1.0, 0.0) {
            writeln!(out, "  scaling      {} * stored + {}", header.slope, header.inter)?;
        }
        if !header.description.is_empty() {
            writeln!(out, "  description  {}", header.description)?;
        }
        writeln!(out, "  affine")?;
        for row in header.affine.matrix().row_iter() {
            let row: Vec<String> = row.iter().map(|value| format!("{value:12.5}")).collect();
            writeln!(out, "  {}", row.join(" "))?;
        }
    }
    Ok(())
}
