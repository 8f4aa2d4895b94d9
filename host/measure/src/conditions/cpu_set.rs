//! Sets of CPUs by the kernel's numbers, and the kernel's notation for them: `0-3,8`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// No kernel numbers more CPUs; a range that goes on is none.
const MOST_CPUS: u32 = 1 << 16;

/// CPUs by the kernel's numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CpuSet(BTreeSet<u32>);

/// Text that is no list of CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuSetError;

impl CpuSet {
    /// The numbers, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `cpu` is among them.
    pub fn contains(&self, cpu: u32) -> bool {
        self.0.contains(&cpu)
    }

    /// Whether all of them are in `other` too.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Those that are in `other` too.
    pub fn common(&self, other: &Self) -> Self {
        self.0.intersection(&other.0).copied().collect()
    }

    /// Those that are not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        self.0.difference(&other.0).copied().collect()
    }
}

impl FromIterator<u32> for CpuSet {
    fn from_iter<I: IntoIterator<Item = u32>>(cpus: I) -> Self {
        Self(cpus.into_iter().collect())
    }
}

impl FromStr for CpuSet {
    type Err = CpuSetError;

    /// The format of lists in cpuset(7). Nothing is the empty set.
    fn from_str(text: &str) -> Result<Self, CpuSetError> {
        let number = |text: &str| -> Result<u32, CpuSetError> {
            let number = text.trim().parse().map_err(|_| CpuSetError)?;
            if number < MOST_CPUS {
                Ok(number)
            } else {
                Err(CpuSetError)
            }
        };
        let mut cpus = BTreeSet::new();
        for range in text.split(',').filter(|range| !range.trim().is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            cpus.extend(number(first)?..=number(last)?);
        }
        Ok(Self(cpus))
    }
}

impl fmt::Display for CpuSet {
    /// `0-3,8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.iter().peekable();
        let mut separator = "";
        while let Some(first) = rest.next() {
            let mut last = first;
            while let Some(next) = rest.next_if_eq(&(last + 1)) {
                last = next;
            }
            write!(f, "{separator}{first}")?;
            if last > first {
                write!(f, "-{last}")?;
            }
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_of_the_kernel_are_read() {
        for (text, cpus) in [
            ("", vec![]),
            ("0", vec![0]),
            ("0-3,8", vec![0, 1, 2, 3, 8]),
            ("1,0", vec![0, 1]),
        ] {
            let read: CpuSet = text.parse().unwrap();
            assert_eq!(read.iter().collect::<Vec<_>>(), cpus, "{text}");
        }
        for text in ["a", "0-", "-1", "0-4294967295", "1:2"] {
            assert_eq!(text.parse::<CpuSet>(), Err(CpuSetError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(cpus in proptest::collection::btree_set(0_u32..200, 0..40)) {
            let set: CpuSet = cpus.into_iter().collect();
            prop_assert_eq!(set.to_string().parse(), Ok(set));
        }
    }
}
