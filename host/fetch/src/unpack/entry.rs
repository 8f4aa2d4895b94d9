//! Where an entry of an archive goes in the tree, by its name alone.

use orch_model::RelativePath;

use crate::tree::Refused;

/// Where an archive's entries go.
pub(super) struct Placement {
    /// Leading directories to drop from each name.
    pub(super) strip: usize,
    /// Directory to unpack into.
    pub(super) into: RelativePath,
}

impl Placement {
    /// Where the entry goes; none for one that lies above what is kept. `.` parts are
    /// dropped first: `./a/b` and `a/b` are the same name.
    pub(super) fn place(&self, name: &[u8]) -> Result<Option<RelativePath>, Refused> {
        let shown = || String::from_utf8_lossy(name).chars().take(200).collect();
        let text = std::str::from_utf8(name)
            .map_err(|_| Refused::Entry(shown(), "has a name that is not UTF-8".into()))?;
        let path = RelativePath::new(text)
            .map_err(|error| Refused::Entry(shown(), error.reason.to_owned()))?;
        let mut rest = path.as_str();
        for _ in 0..self.strip {
            match rest.split_once('/') {
                Some((_, below)) => rest = below,
                None => return Ok(None),
            }
        }
        if rest.is_empty() {
            return Ok(None);
        }
        let kept = RelativePath::new(rest)
            .map_err(|error| Refused::Entry(shown(), error.reason.to_owned()))?;
        Ok(Some(self.into.join(&kept)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_directories_are_dropped_and_the_rest_is_moved() {
        let placement = Placement {
            strip: 1,
            into: RelativePath::new("sdk").unwrap(),
        };
        let place = |name: &str| placement.place(name.as_bytes()).unwrap();
        assert_eq!(place("./go/bin/go").unwrap().as_str(), "sdk/bin/go");
        assert_eq!(place("go/"), None);
        assert_eq!(place("README"), None);
        assert_eq!(place("."), None);
    }

    #[test]
    fn a_name_is_refused_even_where_its_bad_part_would_be_dropped() {
        let placement = Placement {
            strip: 1,
            into: RelativePath::root(),
        };
        for name in [
            &b"../a"[..],
            b"/a/b",
            b"a/../../b",
            b"a\\b/c",
            b"a/b\0c",
            b"a/\xff",
        ] {
            assert!(placement.place(name).is_err(), "{name:?}");
        }
    }
}
