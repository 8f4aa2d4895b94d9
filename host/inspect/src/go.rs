//! What Go's linker writes into every program: the release, and how it was built. See
//! `debug/buildinfo` of Go's standard library; the form is that of Go 1.18 and later.

/// How the record begins; it lies at a multiple of 16 bytes.
const MAGIC: &[u8] = b"\xff Go buildinf:";
const ALIGNMENT: usize = 16;

/// Where the texts begin, counted from the magic, and the flag that says that they do.
const TEXTS: usize = 32;
const FLAGS: usize = 15;
const TEXTS_FOLLOW: u8 = 2;

/// The settings stand between two marks of this length.
const MARK: usize = 16;

/// Longer than any value of a setting that is read here.
const LONGEST_VALUE: usize = 100;

/// How Go built a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoFacts {
    /// The release, without `go`: `1.24.4`.
    pub version: String,
    /// `GOARM64`, e.g. `v8.0` or `v8.2,crypto`.
    pub arm64: Option<String>,
    /// `GOARM`, e.g. `7` or `7,hardfloat`.
    pub arm: Option<String>,
    /// `GOAMD64`, e.g. `v3`.
    pub amd64: Option<String>,
}

/// The record in the data of a program, if there is one.
pub(crate) fn read(data: &[u8]) -> Option<GoFacts> {
    let record = data
        .chunks(ALIGNMENT)
        .position(|chunk| chunk.starts_with(MAGIC))
        .map(|index| &data[index * ALIGNMENT..])?;
    if record.get(FLAGS)? & TEXTS_FOLLOW == 0 {
        return None;
    }
    let (version, rest) = text(record.get(TEXTS..)?)?;
    let version = std::str::from_utf8(version).ok()?.strip_prefix("go")?;
    let version = version.split(' ').next()?;
    let mut facts = GoFacts {
        version: crate::shown(version.as_bytes()),
        ..GoFacts::default()
    };
    if let Some((settings, _)) = text(rest)
        && let Some(settings) = settings.get(MARK..settings.len().saturating_sub(MARK))
    {
        facts.read_settings(&String::from_utf8_lossy(settings));
    }
    Some(facts)
}

impl GoFacts {
    /// Reads the lines `build<tab>NAME=value`.
    fn read_settings(&mut self, lines: &str) {
        let settings = lines
            .lines()
            .filter_map(|line| line.strip_prefix("build\t")?.split_once('='))
            .filter(|(_, value)| value.len() <= LONGEST_VALUE);
        for (name, value) in settings {
            let place = match name {
                "GOARM64" => &mut self.arm64,
                "GOARM" => &mut self.arm,
                "GOAMD64" => &mut self.amd64,
                _ => continue,
            };
            *place = Some(crate::shown(value.as_bytes()));
        }
    }
}

/// A text behind its length in base 128, and what follows it.
fn text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length: usize = 0;
    for (index, byte) in data.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let rest = &data[index + 1..];
            return (length <= rest.len()).then(|| rest.split_at(length));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(version: &str, settings: &str) -> Vec<u8> {
        let mut data = vec![0; 48];
        data.extend(MAGIC);
        data.extend([8, TEXTS_FOLLOW]);
        data.resize(48 + TEXTS, 0);
        let settings = format!("{0}{settings}{0}", "m".repeat(MARK));
        for text in [version, &settings] {
            let length = u8::try_from(text.len()).unwrap();
            if length >= 0x80 {
                data.extend([length | 0x80, 1]);
            } else {
                data.push(length);
            }
            data.extend(text.bytes());
        }
        data
    }

    #[test]
    fn release_and_settings_are_read() {
        let settings = "path\tx\nbuild\tGOARCH=arm64\nbuild\tGOARM64=v8.2,crypto\n";
        let facts = read(&record("go1.24.4 X:nocoverageredesign", settings)).unwrap();
        assert_eq!(facts.version, "1.24.4");
        assert_eq!(facts.arm64.as_deref(), Some("v8.2,crypto"));
        assert_eq!(facts.amd64, None);
    }

    #[test]
    fn what_is_cut_is_no_record() {
        let whole = record("go1.24.4", &"build\tGOARM=7\n".repeat(8));
        for end in 0..whole.len() {
            if let Some(facts) = read(&whole[..end]) {
                assert_eq!(facts.version, "1.24.4");
                assert_eq!(facts.arm, None);
            }
        }
        assert_eq!(read(&whole).unwrap().arm.as_deref(), Some("7"));
    }
}
