//! Parts of a stage that several processes do at the same time, on one machine or on many.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

/// Every `count`-th item, from the `index`-th on: `2/8` on the command line. Items are never split, so that each is
/// computed as in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 1.
    index: usize,
    count: usize,
}

impl Shard {
    /// All shards of a division.
    pub(crate) fn all(count: usize) -> impl Iterator<Item = Self> {
        (1..=count).map(move |index| Self { index, count })
    }

    /// The items of this shard, in their order.
    pub(crate) fn of<T: Clone>(self, items: &[T]) -> Vec<T> {
        items.iter().skip(self.index - 1).step_by(self.count).cloned().collect()
    }

    /// For names of files.
    pub(crate) fn name(self) -> String {
        format!("{}-of-{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let example = "a shard is written as 2/8: the second of eight";
        let (index, count) = text.split_once('/').context(example)?;
        let (index, count) = (index.trim().parse().context(example)?, count.trim().parse().context(example)?);
        ensure!((1..=count).contains(&index), "{example}; there is no {text}");
        Ok(Self { index, count })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_all_items_out() {
        let items: Vec<usize> = (0..11).collect();
        let mut shared: Vec<usize> = Shard::all(4).flat_map(|shard| shard.of(&items)).collect();
        shared.sort_unstable();
        assert_eq!(shared, items);
        assert_eq!("2/4".parse::<Shard>().unwrap().of(&items), [1, 5, 9]);
        assert!(Shard { index: 9, count: 12 }.of(&[1, 2]).is_empty(), "more shards than items");
    }

    #[test]
    fn what_is_no_shard_is_told_with_an_example() {
        for text in ["", "3", "0/4", "5/4", "a/4", "1/0"] {
            let error = format!("{:#}", text.parse::<Shard>().unwrap_err());
            assert!(error.contains("2/8"), "{text}: {error}");
        }
        assert_eq!("2/8".parse::<Shard>().unwrap().to_string(), "2/8");
    }
}
