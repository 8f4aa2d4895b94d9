//! Folded stacks, as profilers write them: `main;parse;read 12` on each line, the outermost frame
//! first, and behind the last space how many samples were taken there.

use std::collections::BTreeMap;

/// Frames of a stack that are kept; those deeper inside count for the last of these.
const DEPTH: usize = 96;

/// A function, called by those that it stands below.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    /// Samples in it and all that it called.
    pub(super) samples: u64,
    /// What it called, by name.
    pub(super) calls: BTreeMap<String, Frame>,
}

/// A profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Profile {
    /// Everything.
    pub(super) root: Frame,
    /// Lines that say nothing that could be understood.
    pub(super) unread: usize,
}

impl Profile {
    /// Reads folded stacks.
    pub(super) fn parse(folded: &str) -> Self {
        let mut profile = Self::default();
        for line in folded.lines().filter(|line| !line.trim().is_empty()) {
            match read(line) {
                Some((stack, samples)) => profile.root.add(stack, samples),
                None => profile.unread += 1,
            }
        }
        profile
    }
}

fn read(line: &str) -> Option<(&str, u64)> {
    let (stack, samples) = line.trim_end().rsplit_once(' ')?;
    let stack = stack.trim();
    (!stack.is_empty()).then_some((stack, samples.parse().ok()?))
}

impl Frame {
    fn add(&mut self, stack: &str, samples: u64) {
        let mut frame = self;
        frame.samples = frame.samples.saturating_add(samples);
        for name in stack.split(';').take(DEPTH) {
            frame = frame.calls.entry(name.to_owned()).or_default();
            frame.samples = frame.samples.saturating_add(samples);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_summed_up() {
        let profile = Profile::parse("main;read a 2\nmain;write 3\n\nmain 1\nnonsense\n; 1x\n 4\n");
        assert_eq!(profile.unread, 3);
        assert_eq!(profile.root.samples, 6);
        let main = &profile.root.calls["main"];
        assert_eq!((main.samples, main.calls["read a"].samples), (6, 2));
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_bounded() {
        let deep = format!("{} {}\na 7", "a;".repeat(100_000), u64::MAX);
        let profile = Profile::parse(&deep);
        let mut frame = &profile.root;
        let mut depth = 0;
        while let Some(inner) = frame.calls.values().next() {
            frame = inner;
            depth += 1;
        }
        assert_eq!((depth, profile.root.samples), (DEPTH, u64::MAX));
    }
}
