//! Does the same with many machines at once.

use std::sync::Mutex;

/// Calls `work` with every item, so many at once, and gives what it returned in their order.
pub(crate) fn each<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    at_once: usize,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    let count = items.len();
    let queue = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, count.max(1)) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("an iterator does not panic").next();
                    let Some((position, item)) = next else { break };
                    let result = work(item);
                    done.lock()
                        .expect("a push does not panic")
                        .push((position, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("a push does not panic");
    done.sort_by_key(|(position, _)| *position);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order() {
        let squares = each(0..100, 7, |number| number * number);
        assert_eq!(squares, (0..100).map(|n| n * n).collect::<Vec<_>>());
        assert!(each(Vec::<u8>::new(), 3, |one| one).is_empty());
    }
}
