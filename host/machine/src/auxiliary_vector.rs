//! What the kernel tells each program at its start: pairs of a kind and a value, each as
//! wide as a pointer. See `getauxval(3)`.

const PAGE_BYTES: u64 = 6;
const HWCAP: u64 = 16;
const HWCAP2: u64 = 26;

/// Kinds are small numbers; larger ones mean that the width was guessed wrong.
const HIGHEST_KIND: u64 = 100;

/// What is read of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuxiliaryVector {
    /// The size of a page.
    pub page_bytes: Option<u64>,
    /// What the CPU has, as bits.
    pub hwcap: Option<u64>,
    /// More of it.
    pub hwcap2: Option<u64>,
}

impl AuxiliaryVector {
    /// Reads the bytes as `od -t x1` prints them, of a little-endian machine.
    pub fn of_text(text: &str) -> Self {
        let bytes: Option<Vec<u8>> = text
            .split_whitespace()
            .map(|word| u8::from_str_radix(word, 16).ok())
            .collect();
        let bytes = bytes.unwrap_or_default();
        [8, 4]
            .into_iter()
            .find_map(|width| Self::of_words(&bytes, width))
            .unwrap_or_default()
    }

    fn of_words(bytes: &[u8], width: usize) -> Option<Self> {
        let mut found = Self::default();
        for pair in bytes.chunks_exact(2 * width) {
            let (kind, value) = pair.split_at(width);
            let (kind, value) = (number(kind), number(value));
            match kind {
                0 => break,
                PAGE_BYTES => found.page_bytes = Some(value),
                HWCAP => found.hwcap = Some(value),
                HWCAP2 => found.hwcap2 = Some(value),
                kind if kind > HIGHEST_KIND => return None,
                _ => {}
            }
        }
        found
            .page_bytes
            .is_some_and(u64::is_power_of_two)
            .then_some(found)
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(words: &[u64], width: usize) -> String {
        let bytes = words
            .iter()
            .flat_map(|word| word.to_le_bytes()[..width].to_vec());
        bytes.map(|byte| format!(" {byte:02x}")).collect()
    }

    #[test]
    fn both_widths_are_read() {
        let words = [33, 0x7fff_0000, 16, 0x119, 6, 16_384, 26, 2, 0, 0];
        for width in [4, 8] {
            let read = AuxiliaryVector::of_text(&printed(&words, width));
            assert_eq!(read.page_bytes, Some(16_384), "{width}");
            assert_eq!(read.hwcap, Some(0x119));
            assert_eq!(read.hwcap2, Some(2));
        }
    }

    #[test]
    fn what_is_odd_says_nothing() {
        for text in ["", "06", "zz 00", &printed(&[6, 5000, 0, 0], 8)] {
            assert_eq!(AuxiliaryVector::of_text(text), AuxiliaryVector::default());
        }
    }
}
