//! A bounded number of items at a time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::Result;

use crate::interrupt;

/// Applies `work` to all items with `workers` threads and returns the results in the items' order. At most `workers` items
/// are in hand at any time, which bounds the memory. After the first error, or an interrupt, no new item is begun.
///
/// # Errors
/// The error of the first failed item in their order; [`crate::Interrupted`].
pub fn map<T: Sync, R: Send>(
    items: &[T],
    workers: usize,
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let failed = AtomicBool::new(false);
    let results = each(items, workers, |item| {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        let result = work(item);
        failed.fetch_or(result.is_err(), Ordering::Relaxed);
        Some(result)
    });
    let mut done = Vec::with_capacity(items.len());
    let mut missing = false;
    for result in results {
        match result.flatten() {
            Some(result) => done.push(result?),
            None => missing = true,
        }
    }
    if missing {
        interrupt::check()?;
    }
    Ok(done)
}

/// As [`map`], for work whose failures do not stop the rest: a result for each item, none for those that an interrupt left out.
pub fn each<T: Sync, R: Send>(items: &[T], workers: usize, work: impl Fn(&T) -> R + Sync) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    // Plain threads: a worker of the pool inside could take up a second item while it waits for the first.
    std::thread::scope(|scope| {
        for _ in 0..workers.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while !interrupt::asked() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    *results[index].lock().expect("no holder of this lock panics") = Some(result);
                }
            });
        }
    });
    results.into_iter().map(|result| result.into_inner().expect("no holder of this lock panics")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order() {
        let items: Vec<usize> = (0..50).collect();
        assert_eq!(map(&items, 4, |i| Ok(2 * i)).unwrap(), (0..100).step_by(2).collect::<Vec<_>>());
        assert!(map(&[] as &[usize], 4, |i| Ok(*i)).unwrap().is_empty());
    }

    #[test]
    fn the_first_error_is_reported_and_stops_the_rest() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let error = map(&items, 1, |i| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *i == 3 {
                anyhow::bail!("item {i}")
            }
            Ok(())
        });
        assert_eq!(error.unwrap_err().to_string(), "item 3");
        assert_eq!(begun.load(Ordering::Relaxed), 4);
    }
}
