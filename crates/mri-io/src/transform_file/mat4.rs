//! ITK's binary transforms, as ANTs writes them: two variables of a MATLAB file of level 4, the parameters under the name
//! of the transform's class, and `fixed`.

use super::itk::Part;

/// Longest name and largest number of values that a transform has.
const LONGEST: usize = 256;

/// Whether the bytes begin with a variable of such a file; a text has no zero bytes.
pub(super) fn is_matlab(bytes: &[u8]) -> bool {
    bytes.len() > 20 && bytes[..20].contains(&0)
}

pub(super) fn parse(bytes: &[u8]) -> Result<Part, String> {
    let (kind, parameters, rest) = variable(bytes)?;
    let (name, fixed, _) = variable(rest)?;
    if name != "fixed" {
        return Err(format!("holds `{name}` where a transform of ANTs has `fixed`"));
    }
    Ok(Part { kind, parameters, fixed })
}

/// Name and values of a variable, and the bytes after it.
fn variable(bytes: &[u8]) -> Result<(String, Vec<f64>, &[u8]), String> {
    const DAMAGED: &str = "is no transform of ANTs, or damaged";
    let field = |n: usize, big: bool| {
        let word: [u8; 4] =
            bytes.get(4 * n..4 * n + 4).and_then(|word| word.try_into().ok()).ok_or(DAMAGED)?;
        Ok::<_, String>(if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) })
    };
    // The type: 1000 for big-endian, 10 for 32 bits a value. ITK writes 0 for its own values wherever it runs, so that the
    // one byte order in which the name is short is right.
    let big = field(4, false)? as usize > LONGEST;
    let size = match field(0, big)? % 1000 / 10 {
        0 => 8,
        1 => 4,
        _ => return Err(DAMAGED.into()),
    };
    let [rows, columns, length] = [field(1, big)?, field(2, big)?, field(4, big)?].map(|n| n as usize);
    if rows.max(columns) > LONGEST || length > LONGEST {
        return Err(DAMAGED.into());
    }
    let name = bytes.get(20..20 + length).ok_or(DAMAGED)?;
    let end = 20 + length + rows * columns * size;
    let values = bytes.get(20 + length..end).ok_or(DAMAGED)?;
    let value = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..size].copy_from_slice(bytes);
        if big {
            word[..size].reverse();
        }
        if size == 8 {
            f64::from_le_bytes(word)
        } else {
            f64::from(f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        }
    };
    let values: Vec<f64> = values.chunks_exact(size).map(value).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(DAMAGED.into());
    }
    let name = String::from_utf8_lossy(name).trim_end_matches('\0').to_owned();
    Ok((name, values, &bytes[end..]))
}
