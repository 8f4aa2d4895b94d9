//! Lists of numbers in the form in which they are kept on disk, read where they lie.
//!
//! ```text
//! number of lists: u32
//! where each list ends, counted in numbers: u32 …
//! the numbers of all lists, one behind the other: u32 …
//! ```
//!
//! Everything is little-endian.

/// Lists of numbers, by the number of the list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lists<'a> {
    ends: &'a [[u8; 4]],
    numbers: &'a [[u8; 4]],
}

impl<'a> Lists<'a> {
    /// Takes lists from the front of some bytes; `None` if they are not whole.
    pub fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let count = u32::from_le_bytes(take_words(bytes, 1)?[0]) as usize;
        let ends = take_words(bytes, count)?;
        let all = ends.last().map_or(0, |end| u32::from_le_bytes(*end));
        let numbers = take_words(bytes, all as usize)?;
        let in_order = ends.is_sorted_by_key(|end| u32::from_le_bytes(*end));
        in_order.then_some(Self { ends, numbers })
    }

    /// How many lists there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The numbers of a list; none of a list that there is not.
    pub fn get(&self, list: usize) -> impl Iterator<Item = usize> + use<'a> {
        let end = |list: usize| Some(u32::from_le_bytes(*self.ends.get(list)?) as usize);
        let begin = list.checked_sub(1).map_or(Some(0), end);
        let range = begin.zip(end(list)).map(|(begin, end)| begin..end);
        let numbers = range.and_then(|range| self.numbers.get(range));
        numbers
            .unwrap_or_default()
            .iter()
            .map(|number| u32::from_le_bytes(*number) as usize)
    }

    /// Whether no list holds a number that is not below a limit.
    pub fn are_below(&self, limit: usize) -> bool {
        let mut numbers = self.numbers.iter();
        numbers.all(|number| (u32::from_le_bytes(*number) as usize) < limit)
    }
}

/// Puts lists behind some bytes.
pub(crate) fn push_lists(bytes: &mut Vec<u8>, lists: &[Vec<u32>]) {
    bytes.extend(word(lists.len()));
    let mut end = 0;
    for list in lists {
        end += list.len();
        bytes.extend(word(end));
    }
    for number in lists.iter().flatten() {
        bytes.extend(number.to_le_bytes());
    }
}

fn word(count: usize) -> [u8; 4] {
    let count = u32::try_from(count).expect("what is kept of one project fits into 4 GiB");
    count.to_le_bytes()
}

fn take_words<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [[u8; 4]]> {
    let (taken, rest) = bytes.split_at_checked(count.checked_mul(4)?)?;
    *bytes = rest;
    Some(taken.as_chunks().0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(lists: Vec<Vec<u32>>, behind: Vec<u8>) {
            let mut bytes = Vec::new();
            push_lists(&mut bytes, &lists);
            bytes.extend(&behind);
            let mut rest = &bytes[..];
            let read = Lists::take(&mut rest).unwrap();
            prop_assert_eq!(rest, behind);
            prop_assert_eq!(read.len(), lists.len());
            for (number, list) in lists.iter().enumerate() {
                let list: Vec<usize> = list.iter().map(|one| *one as usize).collect();
                prop_assert_eq!(read.get(number).collect::<Vec<_>>(), list);
            }
            prop_assert_eq!(read.get(lists.len()).count(), 0);
        }

        #[test]
        fn whatever_is_there_instead_does_no_harm(bytes: Vec<u8>) {
            if let Some(lists) = Lists::take(&mut &bytes[..]) {
                for list in 0..lists.len() {
                    lists.get(list).for_each(drop);
                }
            }
        }
    }
}
