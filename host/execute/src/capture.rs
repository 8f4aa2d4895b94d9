//! Keeps the beginning and the end of what a process prints, however much that is.

use std::collections::VecDeque;

/// The first and the last bytes of a stream, in bounded memory.
#[derive(Debug)]
pub(crate) struct Capture {
    /// How much of each end is kept.
    limit: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    cut: u64,
}

impl Capture {
    /// Keeps `limit` bytes of the beginning and as many of the end.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            head: Vec::new(),
            tail: VecDeque::new(),
            cut: 0,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(self.limit - self.head.len()));
        self.head.extend_from_slice(head);
        // Of a piece that is longer than the tail only its end can stay.
        let kept = &rest[rest.len().saturating_sub(self.limit)..];
        let surplus = (self.tail.len() + kept.len()).saturating_sub(self.limit);
        self.tail.drain(..surplus);
        self.tail.extend(kept);
        self.cut += (surplus + rest.len() - kept.len()) as u64;
    }

    /// What was kept; a line between the two ends says how much is missing there.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut all = self.head;
        if self.cut > 0 {
            all.extend_from_slice(format!("\n[… {} bytes cut …]\n", self.cut).as_bytes());
        }
        all.extend(self.tail);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(limit: usize, pieces: &[&str]) -> String {
        let mut capture = Capture::new(limit);
        for piece in pieces {
            capture.push(piece.as_bytes());
        }
        String::from_utf8(capture.finish()).unwrap()
    }

    #[test]
    fn what_fits_is_kept_whole() {
        assert_eq!(captured(3, &[]), "");
        assert_eq!(captured(3, &["ab", "cd", "ef"]), "abcdef");
        assert_eq!(captured(3, &["abcdef"]), "abcdef");
    }

    #[test]
    fn the_middle_is_cut_however_the_pieces_fall() {
        let whole = "abc\n[… 3 bytes cut …]\nghi";
        assert_eq!(captured(3, &["abcdefghi"]), whole);
        assert_eq!(captured(3, &["ab", "cdefg", "hi"]), whole);
        let letters: Vec<_> = "abcdefghi".split("").collect();
        assert_eq!(captured(3, &letters), whole);
    }
}
