//! Where an entry of an archive goes in the tree, by its name alone.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use orch_model::{Archive, ArchiveFormat, RelativePath};

use crate::tree::Refused;

/// Where an archive's entries go.
pub(super) struct Placement {
    /// Leading directories to drop from each name.
    pub(super) strip: usize,
    /// Directory to unpack into.
    pub(super) into: RelativePath,
    /// Whether the archive is a part of a whole system, as a package of a distribution is:
    /// then absolute links mean places of the tree, and several archives may bring the same.
    pub(super) is_system: bool,
    /// What is left out, by its place in the tree.
    exclude: GlobSet,
}

impl Placement {
    pub(super) fn of(archive: &Archive) -> Result<Self, Refused> {
        let mut exclude = GlobSetBuilder::new();
        for pattern in &archive.exclude {
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            let glob = glob.map_err(|error| {
                Refused::Archive(format!("is to be unpacked without `{pattern}`: {error}"))
            })?;
            exclude.add(glob);
        }
        Ok(Self {
            strip: archive.strip_components as usize,
            into: archive.into.clone(),
            is_system: archive.format == ArchiveFormat::Deb,
            exclude: exclude
                .build()
                .map_err(|error| Refused::Archive(format!("has too many exceptions: {error}")))?,
        })
    }

    /// Whether what would lie there is left out.
    pub(super) fn leaves_out(&self, path: &RelativePath) -> bool {
        self.exclude.is_match(path.as_str())
    }

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

    /// The text of a symbolic link at `path`: an absolute one of a system's part becomes a
    /// way from there through the directory that stands for the system's root.
    pub(super) fn link_text(&self, path: &RelativePath, text: String) -> String {
        let Some(below) = text.strip_prefix('/').filter(|_| self.is_system) else {
            return text;
        };
        let mut relative = "../".repeat(path.as_str().matches('/').count());
        if !self.into.is_root() {
            relative.push_str(self.into.as_str());
            relative.push('/');
        }
        relative.push_str(below);
        // `/` alone, from a link at the top.
        match relative.trim_end_matches('/') {
            "" => ".".to_owned(),
            relative => relative.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use orch_model::Digest;

    use super::*;

    fn placement(into: &str, exclude: &[&str]) -> Placement {
        Placement::of(&Archive {
            urls: Vec::new(),
            digest: Digest::of(""),
            bytes: None,
            format: ArchiveFormat::TarGz,
            strip_components: 1,
            into: RelativePath::new(into).unwrap(),
            exclude: exclude.iter().map(|&pattern| pattern.to_owned()).collect(),
        })
        .ok()
        .unwrap()
    }

    #[test]
    fn what_is_left_out_is_named_by_its_place_in_the_tree() {
        let placement = placement("sdk", &["sdk/doc/**", "**/*_test.go"]);
        for (path, expected) in [
            ("sdk/doc/a/b.html", true),
            ("sdk/doc", false),
            ("sdk/src/os/file_test.go", true),
            ("sdk/src/os/file.go", false),
            ("doc/a", false),
        ] {
            let path = RelativePath::new(path).unwrap();
            assert_eq!(placement.leaves_out(&path), expected, "{path:?}");
        }
    }

    #[test]
    fn leading_directories_are_dropped_and_the_rest_is_moved() {
        let placement = placement("sdk", &[]);
        let place = |name: &str| placement.place(name.as_bytes()).unwrap();
        assert_eq!(place("./go/bin/go").unwrap().as_str(), "sdk/bin/go");
        assert_eq!(place("go/"), None);
        assert_eq!(place("README"), None);
        assert_eq!(place("."), None);
    }

    #[test]
    fn absolute_links_of_a_system_stay_in_its_tree() {
        let link = |into: &str, is_system, path: &str, text: &str| {
            let placement = Placement {
                strip: 0,
                is_system,
                ..placement(into, &[])
            };
            placement.link_text(&RelativePath::new(path).unwrap(), text.to_owned())
        };
        let library = "/lib/libz.so.1";
        assert_eq!(
            link("", true, "usr/lib/libz.so", library),
            "../../lib/libz.so.1"
        );
        assert_eq!(link("", true, "libz.so", library), "lib/libz.so.1");
        assert_eq!(link("", true, "root", "/"), ".");
        assert_eq!(link("", true, "usr/lib/libz.so", "libz.so.1"), "libz.so.1");
        assert_eq!(
            link("root", true, "root/lib/a", library),
            "../../root/lib/libz.so.1"
        );
        assert_eq!(link("", false, "usr/lib/libz.so", library), library);
    }

    #[test]
    fn a_name_is_refused_even_where_its_bad_part_would_be_dropped() {
        let placement = placement("", &[]);
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
