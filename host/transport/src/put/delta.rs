//! How one file is made from an older one: as few new bytes as may be.
//!
//! As rsync does it, with a sum that rolls over the new file and is looked up among the sums of
//! the old one's blocks; but both lie here, so nothing has to be asked.

/// The bytes that a sum is taken over, and the size of the old file's blocks. What both have in
/// common over twice as many bytes is always found.
const WINDOW: usize = 32;

/// Any odd number with its bits well mixed.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Each copy costs the host two processes of a millisecond or more, so there are no more.
const MOST_COPIES: usize = 512;

/// Of more copies than these, one is worth that only if it saves this part of the file: the code of
/// a Go program that moved is thousands of short ones, and to take the longest 512 of them would
/// save a seventh of what is sent, and take longer on all but slow networks.
const ANY_COPIES: usize = 256;
const WORTH_PART: usize = 800;

/// A stretch of the new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// It lies in the old file, from a byte on.
    Old { from: usize, bytes: usize },
    /// It has to be sent: it lies in the new file, from a byte on.
    Literal { from: usize, bytes: usize },
}

impl Stretch {
    /// How many bytes are sent for it.
    pub(crate) fn literal_bytes(&self) -> usize {
        match self {
            Self::Old { .. } => 0,
            Self::Literal { bytes, .. } => *bytes,
        }
    }
}

/// What the new file consists of, in its order.
pub(crate) fn delta(old: &[u8], new: &[u8]) -> Vec<Stretch> {
    with_literals(&longest(copies(old, new), new.len()), new.len())
}

/// What both files have in common.
#[derive(Clone, Copy)]
struct Copied {
    old: usize,
    new: usize,
    bytes: usize,
}

fn copies(old: &[u8], new: &[u8]) -> Vec<Copied> {
    let blocks = Blocks::of(old);
    let mut copies: Vec<Copied> = Vec::new();
    // Where the literal begins that is being passed, and where the next window does.
    let (mut literal, mut at) = (0, 0);
    let mut rolling = Rolling::default();
    while at + WINDOW <= new.len() {
        rolling.move_to(new, at);
        let window = &new[at..at + WINDOW];
        // What was changed in place goes on where the last copy would have.
        let straight = copies
            .last()
            .map(|last| last.old + last.bytes + (at - last.new - last.bytes));
        let straight = straight.filter(|&from| old.get(from..from + WINDOW) == Some(window));
        let Some(found) = straight.or_else(|| blocks.find(window, rolling.sum)) else {
            at += 1;
            continue;
        };
        let back = common_end(&old[..found], &new[literal..at]);
        let (from, to) = (found - back, at - back);
        let bytes = common_begin(&old[from..], &new[to..]);
        copies.push(Copied {
            old: from,
            new: to,
            bytes,
        });
        at = to + bytes;
        literal = at;
    }
    copies
}

/// The copies that are worth it, in the order of the new file.
fn longest(mut copies: Vec<Copied>, new_bytes: usize) -> Vec<Copied> {
    if copies.len() > ANY_COPIES {
        copies.sort_by_key(|copied| std::cmp::Reverse(copied.bytes));
        let worth = copies.partition_point(|copied| copied.bytes >= new_bytes / WORTH_PART);
        copies.truncate(worth.clamp(ANY_COPIES, MOST_COPIES));
        copies.sort_by_key(|copied| copied.new);
    }
    copies
}

fn with_literals(copies: &[Copied], new_bytes: usize) -> Vec<Stretch> {
    let mut stretches = Vec::with_capacity(2 * copies.len() + 1);
    let mut done = 0;
    let fill = |stretches: &mut Vec<Stretch>, done: usize, until: usize| {
        if until > done {
            stretches.push(Stretch::Literal {
                from: done,
                bytes: until - done,
            });
        }
    };
    for copied in copies {
        fill(&mut stretches, done, copied.new);
        stretches.push(Stretch::Old {
            from: copied.old,
            bytes: copied.bytes,
        });
        done = copied.new + copied.bytes;
    }
    fill(&mut stretches, done, new_bytes);
    stretches
}

fn common_begin(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(one, other)| one == other).count()
}

fn common_end(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs.take_while(|(one, other)| one == other).count()
}

/// The sum over a window that moves on.
#[derive(Default)]
struct Rolling {
    sum: u64,
    /// The place behind the window.
    end: usize,
}

impl Rolling {
    /// Moves the window's begin to `at`: one byte on, or anywhere else.
    fn move_to(&mut self, bytes: &[u8], at: usize) {
        const LEAVING: u64 = FACTOR.wrapping_pow(WINDOW as u32);
        if self.end != 0 && self.end + 1 == at + WINDOW {
            let leaving = u64::from(bytes[at - 1]).wrapping_mul(LEAVING);
            let coming = u64::from(bytes[self.end]);
            self.sum = self.sum.wrapping_mul(FACTOR).wrapping_add(coming);
            self.sum = self.sum.wrapping_sub(leaving);
        } else if self.end != at + WINDOW {
            self.sum = sum(&bytes[at..at + WINDOW]);
        }
        self.end = at + WINDOW;
    }
}

fn sum(window: &[u8]) -> u64 {
    window.iter().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(FACTOR).wrapping_add(u64::from(*byte))
    })
}

/// Where the old file's blocks lie, by their sums; of those that are alike, the first. A table that is
/// a quarter full at most: a block whose place is taken lies in the next one that is empty.
struct Blocks<'a> {
    old: &'a [u8],
    table: Vec<u32>,
    shift: u32,
}

const EMPTY: u32 = u32::MAX;

impl<'a> Blocks<'a> {
    fn of(old: &'a [u8]) -> Self {
        let count = (old.len() / WINDOW).max(1) * 4;
        let bits = count.next_power_of_two().trailing_zeros();
        let mut blocks = Self {
            old,
            table: vec![EMPTY; 1 << bits],
            shift: 64 - bits,
        };
        for (number, block) in old.chunks_exact(WINDOW).enumerate() {
            let Ok(number) = u32::try_from(number) else {
                break;
            };
            let mut place = blocks.place(sum(block));
            while blocks.table[place] != EMPTY && !blocks.holds(place, block) {
                place = blocks.behind(place);
            }
            if blocks.table[place] == EMPTY {
                blocks.table[place] = number;
            }
        }
        blocks
    }

    /// Where the first block lies that is alike, whose sum is given.
    fn find(&self, window: &[u8], sum: u64) -> Option<usize> {
        let mut place = self.place(sum);
        while self.table[place] != EMPTY {
            if self.holds(place, window) {
                return Some(self.begin(place));
            }
            place = self.behind(place);
        }
        None
    }

    /// Whether the block of a place is like this one.
    fn holds(&self, place: usize, window: &[u8]) -> bool {
        let begin = self.begin(place);
        &self.old[begin..begin + WINDOW] == window
    }

    fn begin(&self, place: usize) -> usize {
        self.table[place] as usize * WINDOW
    }

    fn behind(&self, place: usize) -> usize {
        (place + 1) % self.table.len()
    }

    fn place(&self, sum: u64) -> usize {
        // The high bits of a product depend on all bits below.
        (sum.wrapping_mul(FACTOR) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn made(old: &[u8], new: &[u8]) -> (Vec<u8>, usize) {
        let (mut made, mut sent) = (Vec::new(), 0);
        for stretch in delta(old, new) {
            match stretch {
                Stretch::Old { from, bytes } => made.extend_from_slice(&old[from..from + bytes]),
                Stretch::Literal { from, bytes } => {
                    sent += bytes;
                    made.extend_from_slice(&new[from..from + bytes]);
                }
            }
        }
        (made, sent)
    }

    /// Bytes that look like nothing else.
    fn noise(seed: u64, bytes: usize) -> Vec<u8> {
        let mut state = seed | 1;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        std::iter::repeat_with(next).take(bytes).collect()
    }

    proptest! {
        #[test]
        fn edits_cost_little_more_than_what_they_bring(
            seed: u64,
            edits in prop::collection::vec((0_usize..50_000, 0_usize..300, 0_usize..300), 0..20),
        ) {
            let old = noise(seed, 50_000);
            let mut new = old.clone();
            for (index, (at, removed, added)) in edits.iter().enumerate() {
                let at = (*at).min(new.len());
                let end = (at + removed).min(new.len());
                new.splice(at..end, noise(seed ^ (index as u64 + 2), *added));
            }
            let (made, sent) = made(&old, &new);
            prop_assert!(made == new);
            let brought: usize = edits.iter().map(|(_, _, added)| added + 2 * WINDOW).sum();
            prop_assert!(sent <= brought, "{sent} bytes are sent for {brought}");
        }

        #[test]
        fn whatever_the_files_are_the_new_one_is_made(
            old in prop::collection::vec(0_u8..3, 0..400),
            new in prop::collection::vec(0_u8..3, 0..400),
        ) {
            prop_assert!(made(&old, &new).0 == new);
        }
    }

    #[test]
    fn the_same_file_is_one_copy() {
        let file = noise(7, 10_000);
        let whole = Stretch::Old {
            from: 0,
            bytes: 10_000,
        };
        assert_eq!(delta(&file, &file), [whole]);
        assert_eq!(delta(&file, &[]), []);
    }

    #[test]
    fn copies_are_bounded() {
        let old = noise(7, 200_000);
        let mut new = old.clone();
        new.iter_mut().step_by(100).for_each(|byte| *byte ^= 1);
        let stretches = delta(&old, &new);
        assert!(stretches.len() <= 2 * MOST_COPIES + 1);
        assert!(made(&old, &new).0 == new);
    }
}
