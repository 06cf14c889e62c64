//! Settings of the memory as the command line and the tables write them.

use memae_model::{MemoryPreset, Query};

/// A query as the command line has it.
pub(super) fn query_name(query: Query) -> String {
    match query {
        Query::Flat => "flat".to_owned(),
        Query::Position => "position".to_owned(),
        Query::Grid([rows, columns]) => format!("{rows}x{columns}"),
    }
}

/// A preset as the command line has it.
pub(super) fn addressing_name(preset: MemoryPreset) -> &'static str {
    match preset {
        MemoryPreset::Paper => "paper",
        MemoryPreset::Official => "official",
        MemoryPreset::Sharp => "sharp",
    }
}

/// Parses a query of the command line.
pub(super) fn parse_query(text: &str) -> Result<Query, String> {
    let grid = || {
        let (rows, columns) = text.split_once('x')?;
        Some(Query::Grid([rows.parse().ok()?, columns.parse().ok()?]))
    };
    match text {
        "flat" => Ok(Query::Flat),
        "position" => Ok(Query::Position),
        _ => {
            grid().ok_or_else(|| "use flat, position, or rows and columns of blocks, such as 1x3".to_owned())
        }
    }
}

/// Parses a preset of the command line.
pub(super) fn parse_addressing(text: &str) -> Result<MemoryPreset, String> {
    let all = [MemoryPreset::Paper, MemoryPreset::Official, MemoryPreset::Sharp];
    all.into_iter()
        .find(|preset| addressing_name(*preset) == text)
        .ok_or_else(|| "use paper, official or sharp".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_as_they_are_written() {
        for query in [Query::Flat, Query::Position, Query::Grid([5, 2])] {
            assert_eq!(parse_query(&query_name(query)), Ok(query));
        }
        assert!(parse_query("5x").is_err() && parse_query("all").is_err());
        assert!(parse_addressing("dull").is_err());
    }
}
