//! Compilers and SDKs: what to fetch, and what lies on the machine after.

use serde::{Deserialize, Serialize};

use crate::{Digest, RelativePath, Variable};

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveFormat {
    /// `.tar.gz`
    TarGz,
    /// `.tar.xz`
    TarXz,
    /// `.tar.zst`
    TarZst,
    /// `.zip`, and so a Python wheel.
    Zip,
    /// A Debian package; its `data.tar` is unpacked.
    Deb,
    /// The file itself, unpacked as it is under [`Archive::file_name`].
    Raw,
}

impl ArchiveFormat {
    /// Its name in digests, which outlive this program: the one that serde writes too.
    fn name(self) -> &'static str {
        match self {
            ArchiveFormat::TarGz => "tar-gz",
            ArchiveFormat::TarXz => "tar-xz",
            ArchiveFormat::TarZst => "tar-zst",
            ArchiveFormat::Zip => "zip",
            ArchiveFormat::Deb => "deb",
            ArchiveFormat::Raw => "raw",
        }
    }
}

/// One archive of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Archive {
    /// `https:`, `file:` or package URLs, tried in order; all yield the same bytes.
    pub urls: Vec<String>,
    /// Of the archive as downloaded.
    pub digest: Digest,
    /// Size of the download, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How it is packed.
    pub format: ArchiveFormat,
    /// Leading directories to drop from each name.
    #[serde(default)]
    pub strip_components: u32,
    /// Directory below the toolchain's root to unpack into.
    #[serde(default)]
    pub into: RelativePath,
    /// Glob patterns below the toolchain's root of files that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
}

impl Archive {
    /// The file name in its first address; none where that ends without one. For a package
    /// URL it is the `file_name` there, or the package's own name as a Debian package.
    pub fn file_name(&self) -> Option<String> {
        let url = self.urls.first()?;
        let url = url.split('#').next()?;
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let name = path.rsplit('/').next()?;
        if !url.starts_with("pkg:") {
            return (!name.is_empty()).then(|| name.to_owned());
        }
        let stated = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("file_name="));
        Some(match stated {
            Some(stated) => stated.replace("%2B", "+"),
            None => format!("{}.deb", name.split('@').next()?.replace("%2B", "+")),
        })
    }
}

/// A small file that a plugin states whole: a script that starts a toolchain's program where
/// it lies, an action's linker script.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextFile {
    /// Where it lies, once or more, below the root of what it belongs to.
    pub paths: Vec<RelativePath>,
    /// All that is in it.
    pub text: String,
    /// Whether it is a program.
    #[serde(default)]
    pub executable: bool,
}

/// A program of a toolchain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tool {
    /// How a pipeline names it, e.g. `go`.
    pub name: String,
    /// Below the toolchain's root, e.g. `bin/go`.
    pub program: RelativePath,
}

/// A program that the machine has already.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MachineProgram {
    /// Its name on `PATH`; its file is `bin/<name>` below the toolchain's root.
    pub name: String,
    /// Over its file and the shared libraries that it needs.
    pub digest: Digest,
}

/// What to fetch for one release on one host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Toolchain {
    /// The exact release, e.g. `1.22.10`.
    pub version: String,
    /// Unpacked in this order into one tree.
    pub archives: Vec<Archive>,
    /// Made beside what the archives hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<TextFile>,
    /// Programs of the machine itself. A toolchain that has any has no archives, is fetched
    /// from nowhere and pinned by no lock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<MachineProgram>,
    /// Its programs.
    pub tools: Vec<Tool>,
    /// What its programs need in their environment.
    #[serde(default)]
    pub environment: Vec<Variable>,
    /// Directory of headers and libraries for the target, below its root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sysroot: Option<RelativePath>,
}

impl Toolchain {
    /// What tells this toolchain's tree from every other: its archives and how they
    /// are unpacked, whatever they are called and wherever they come from, and its own
    /// files. A raw file's name counts, since the file is called so in the tree.
    pub fn recipe(&self) -> Digest {
        let mut hasher = crate::Hasher::new();
        hasher.field("orch toolchain recipe 2");
        for archive in &self.archives {
            hasher.field(archive.digest.bytes());
            hasher.field(archive.format.name());
            hasher.field(archive.strip_components.to_le_bytes());
            hasher.field(archive.into.as_str());
            if !archive.exclude.is_empty() {
                hasher.field(format!("without {}", archive.exclude.len()));
                archive.exclude.iter().for_each(|it| hasher.field(it));
            }
            if archive.format == ArchiveFormat::Raw {
                hasher.field(archive.file_name().unwrap_or_default());
            }
        }
        // No archive begins so: where its digest stands are 32 bytes.
        for file in &self.files {
            hasher.field("files");
            hasher.field(file.paths.len().to_le_bytes());
            for path in &file.paths {
                hasher.field(path.as_str());
            }
            hasher.field([u8::from(file.executable)]);
            hasher.field(&file.text);
        }
        for program in &self.programs {
            hasher.field("program");
            hasher.field(&program.name);
            hasher.field(program.digest.bytes());
        }
        hasher.finish()
    }
}

/// A toolchain by the name that a pipeline gives it, as builders see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct InstalledToolchain {
    /// Its table's name: its files are below [`crate::Root::Tool`] of it.
    pub name: String,
    /// What was installed.
    pub toolchain: Toolchain,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(format: ArchiveFormat, url: &str) -> Toolchain {
        Toolchain {
            version: "1.0".into(),
            archives: vec![Archive {
                urls: vec![url.into()],
                digest: Digest::of("content"),
                bytes: None,
                format,
                strip_components: 0,
                into: RelativePath::root(),
                exclude: Vec::new(),
            }],
            files: Vec::new(),
            programs: Vec::new(),
            tools: Vec::new(),
            environment: Vec::new(),
            sysroot: None,
        }
    }

    #[test]
    fn a_raw_file_is_another_toolchain_under_another_name() {
        let recipe = |format, url| toolchain(format, url).recipe();
        let raw = recipe(ArchiveFormat::Raw, "https://host.example/a/tool");
        assert_ne!(raw, recipe(ArchiveFormat::Raw, "https://host.example/a/t"));
        let elsewhere = "https://mirror.example/tool?signed=1";
        assert_eq!(raw, recipe(ArchiveFormat::Raw, elsewhere));
        let zip = recipe(ArchiveFormat::Zip, "https://host.example/a.zip");
        assert_eq!(
            zip,
            recipe(ArchiveFormat::Zip, "https://host.example/b.zip")
        );
    }

    #[test]
    fn a_toolchain_with_a_file_of_its_own_is_another_one() {
        let plain = toolchain(ArchiveFormat::Zip, "https://host.example/a.zip");
        let with = |paths: &[&str], text: &str, executable| {
            let path = |path: &&str| RelativePath::new(path).unwrap();
            let file = TextFile {
                paths: paths.iter().map(path).collect(),
                text: text.into(),
                executable,
            };
            let files = vec![file];
            Toolchain {
                files,
                ..plain.clone()
            }
            .recipe()
        };
        let one = with(&["a"], "1", false);
        assert_ne!(one, plain.recipe());
        assert_eq!(one, with(&["a"], "1", false));
        for other in [
            with(&["b"], "1", false),
            with(&["a", "b"], "1", false),
            with(&["a"], "2", false),
            with(&["a"], "1", true),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn the_format_has_one_name() {
        for format in [
            ArchiveFormat::TarGz,
            ArchiveFormat::TarXz,
            ArchiveFormat::TarZst,
            ArchiveFormat::Zip,
            ArchiveFormat::Deb,
            ArchiveFormat::Raw,
        ] {
            assert_eq!(serde_json::to_value(format).unwrap(), format.name());
        }
    }

    #[test]
    fn file_names_are_those_of_first_addresses() {
        for (url, expected) in [
            ("https://host.example/a/tool?x#y", Some("tool")),
            ("file:///a/tool", Some("tool")),
            ("https://host.example/a/", None),
            (
                "pkg:pypi/kit@1?file_name=kit-1%2B2.whl",
                Some("kit-1+2.whl"),
            ),
            ("pkg:deb/debian/g%2B%2B@4:12?arch=amd64", Some("g++.deb")),
        ] {
            let archive = toolchain(ArchiveFormat::Raw, url).archives.remove(0);
            assert_eq!(archive.file_name().as_deref(), expected, "{url}");
        }
    }
}
