//! What an image shall hold, before a byte of it is made: files, what is started and how,
//! for each platform. Paths are checked here; nothing is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use orch_model::{Digest, Fault};

use crate::base::Base;
use crate::platform::Platform;

/// The longest path in an image: Linux takes no longer one.
const PATH_BYTES: usize = 4095;
/// How a file is called that removes another from the layers below, by the specification.
const WHITEOUT: &str = ".wh.";

/// One image, for one or several platforms.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// What it holds on each platform; no platform twice.
    pub variants: Vec<Variant>,
    /// What is started in it, on every platform.
    pub process: Process,
    /// Labels of the configs, which a container inherits.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the index and of every manifest.
    pub annotations: BTreeMap<String, String>,
    /// How layers are packed.
    pub compression: Compression,
    /// The one time that stands everywhere: seconds since 1970, as `SOURCE_DATE_EPOCH`.
    pub created: u64,
}

/// What an image holds on one platform.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Where it runs.
    pub platform: Platform,
    /// What lies below its own layers; nothing means `scratch`.
    pub base: Option<Base>,
    /// Its own layers, the lowest first. What changes seldom belongs into a lower one, so that
    /// it is sent and fetched seldom.
    pub layers: Vec<Layer>,
}

/// Files that are packed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What the image's history says of it: `artifacts of build.agent`.
    pub title: String,
    /// What it holds, in any order; no path twice.
    pub entries: Vec<Entry>,
}

/// One path in an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies.
    pub path: ImagePath,
    /// What it is.
    pub content: Content,
    /// Permissions, `0o755`; at most `0o7777`.
    pub mode: u32,
    /// Who owns it.
    pub owner: Owner,
}

/// What a path in an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The bytes of a file of this machine, which must be those that are stated.
    File {
        /// Where it lies here.
        path: PathBuf,
        /// The digest of its bytes.
        digest: Digest,
        /// Its size.
        bytes: u64,
    },
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// A directory. Those that a file needs above it are there without being named.
    Directory,
    /// A symbolic link with what it points to.
    Link(String),
}

/// Numbers of a user and a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The user, 0 for root.
    pub user: u32,
    /// The group, 0 for root.
    pub group: u32,
}

/// What is started in an image. What is empty here is as the base has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// The user, as `65532`, `65532:65532` or a name that the base knows.
    pub user: Option<String>,
    /// The program and what it is always given. Where there is one, the base's arguments do
    /// not count.
    pub entrypoint: Vec<String>,
    /// Arguments that whoever starts the image may replace.
    pub arguments: Vec<String>,
    /// Variables, beside those of the base.
    pub environment: BTreeMap<String, String>,
    /// Ports that it listens at, beside those of the base.
    pub ports: BTreeSet<Port>,
    /// The directory that it starts in.
    pub working_directory: Option<ImagePath>,
}

/// A port of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Whose number it is.
    pub protocol: Protocol,
}

/// What is spoken at a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// How layers are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Read by everybody.
    #[default]
    Gzip,
    /// Smaller and quicker to unpack; containerd 1.5, podman 3 and docker 23 read it.
    Zstd,
}

/// An absolute path in an image, without `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(String);

impl ImagePath {
    /// The path without its leading `/`, as archives name it; empty for the root.
    pub(crate) fn relative(&self) -> &str {
        &self.0[1..]
    }

    /// The paths of the directories above it but the root, the highest first, without `/`.
    pub(crate) fn parents(&self) -> impl Iterator<Item = &str> {
        let path = self.relative();
        path.match_indices('/').map(|(at, _)| &path[..at])
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImagePath {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let wrong =
            |why: &str| Fault::usage(format!("`{text}` cannot be a path in an image: {why}"));
        let Some(path) = text.strip_prefix('/') else {
            return Err(wrong("it does not begin with `/`"));
        };
        if text.len() > PATH_BYTES || text.contains('\0') {
            return Err(wrong("it is too long or holds a zero byte"));
        }
        if path.is_empty() {
            return Ok(Self("/".into()));
        }
        for name in path.split('/') {
            match name {
                "" | "." | ".." => {
                    return Err(wrong("its parts must be names")
                        .hint("leave out `.`, `..`, a doubled `/` and one at the end"));
                }
                name if name.starts_with(WHITEOUT) => {
                    return Err(wrong(
                        "a name that begins with `.wh.` removes files of the base",
                    ));
                }
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Port {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            _ => None,
        };
        let number = number.parse().ok().filter(|number| *number > 0);
        match (number, protocol) {
            (Some(number), Some(protocol)) => Ok(Self { number, protocol }),
            _ => Err(Fault::usage(format!("`{text}` is no port"))
                .hint("write a number up to 65535, as `8080` or `53/udp`")),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        write!(f, "{}/{protocol}", self.number)
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_absolute_and_plain() {
        for text in ["/", "/agent", "/usr/share/zoneinfo/Europe/Berlin", "/a b/ä"] {
            assert_eq!(text.parse::<ImagePath>().unwrap().as_str(), text);
        }
        for text in [
            "", "a", "//", "/a/", "/a//b", "/./a", "/a/..", "/a\0", "/a/.wh.b",
        ] {
            assert!(text.parse::<ImagePath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn parents_come_from_the_top() {
        let path: ImagePath = "/usr/bin/agent".parse().unwrap();
        assert_eq!(path.parents().collect::<Vec<_>>(), ["usr", "usr/bin"]);
    }

    #[test]
    fn ports_have_a_protocol() {
        for (text, expected) in [("8080", "8080/tcp"), ("53/udp", "53/udp")] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), expected);
        }
        for text in ["", "0", "65536", "80/sctp", "-1"] {
            assert!(text.parse::<Port>().is_err(), "{text}");
        }
    }
}
