//! The beginning of a stream, with its last line, in bounded memory.

/// How much is kept of an output.
const MOST_BYTES: usize = 4 << 20;

/// The last line has no more.
const LAST_BYTES: usize = 64;

/// What the last line of a supervised command begins with.
const EXIT: &str = "orch-exit ";

/// What is kept of a stream.
#[derive(Default)]
pub(crate) struct Kept {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Kept {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        let room = MOST_BYTES.saturating_sub(self.first.len()).min(bytes.len());
        self.first.extend_from_slice(&bytes[..room]);
        self.last.extend_from_slice(&bytes[room..]);
        let surplus = self.last.len().saturating_sub(LAST_BYTES);
        self.last.drain(..surplus);
    }

    /// The bytes.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.first
    }

    /// The text without its last line, and the exit code that this says; no code if the stream
    /// was cut before.
    pub(crate) fn into_text_and_code(mut self) -> (String, Option<i32>) {
        let from = self.first.len().saturating_sub(LAST_BYTES);
        let mut end = self.first.split_off(from);
        end.extend(self.last);
        let mut text = String::from_utf8_lossy(&self.first).into_owned();
        let end = String::from_utf8_lossy(&end).into_owned();
        let code = end.rsplit_once(EXIT).and_then(|(before, code)| {
            let code = code.strip_suffix('\n')?.parse().ok()?;
            Some((before.strip_suffix('\n')?, code))
        });
        match code {
            Some((before, code)) => {
                text.push_str(before);
                (text, Some(code))
            }
            None => (text + &end, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(chunks: &[&[u8]]) -> (String, Option<i32>) {
        let mut kept = Kept::default();
        chunks.iter().for_each(|chunk| kept.add(chunk));
        kept.into_text_and_code()
    }

    #[test]
    fn the_code_is_the_last_line() {
        assert_eq!(
            kept(&[b"no\n\norch-exit 255\n"]),
            ("no\n".into(), Some(255))
        );
        assert_eq!(kept(&[b"\norch-", b"exit 0\n"]), (String::new(), Some(0)));
        assert_eq!(kept(&[b"\norch-exit 0"]), ("\norch-exit 0".into(), None));
        assert_eq!(kept(&[b"cut"]), ("cut".into(), None));
    }

    #[test]
    fn much_is_cut_in_the_middle_and_the_code_still_found() {
        let (text, code) = kept(&[&vec![b'x'; 9 << 20], b"\norch-exit 3\n"]);
        assert_eq!(code, Some(3));
        assert!(text.len() <= MOST_BYTES + LAST_BYTES);
    }
}
