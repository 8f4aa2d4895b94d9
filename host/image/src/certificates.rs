//! The certificates by which programs in an image know servers, from the tree of a package:
//! Debian's `ca-certificates`. A tree is pinned, so the image is the same wherever it is made;
//! the certificates of the machine that makes it would not be.

use std::path::Path;

use orch_model::Fault;
use walkdir::WalkDir;

use crate::description::{Content, Entry, Layer, Owner};

/// Where the package has its certificates, one a file.
const SOURCE: &str = "usr/share/ca-certificates";
/// Where programs look for all of them in one file: Go, OpenSSL, rustls and GnuTLS do so on
/// Debian, and images without a system have it there too.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const BEGINS: &str = "-----BEGIN CERTIFICATE-----";

/// A layer with all certificates of a tree.
pub fn certificates(tree: &Path) -> Result<Layer, Fault> {
    let source = tree.join(SOURCE);
    let mut bundle = String::new();
    for found in WalkDir::new(&source).sort_by_file_name() {
        let found = found.map_err(|error| {
            Fault::usage(format!(
                "could not read certificates in `{}`: {error}",
                source.display()
            ))
            .hint("give the unpacked package `ca-certificates`")
        })?;
        if found.path().extension().is_none_or(|kind| kind != "crt") {
            continue;
        }
        let text = std::fs::read_to_string(found.path())
            .map_err(|error| Fault::io("read", found.path(), &error))?;
        if !text.contains(BEGINS) {
            return Err(Fault::usage(format!(
                "`{}` holds no certificate",
                found.path().display()
            )));
        }
        bundle.push_str(text.trim_end());
        bundle.push('\n');
    }
    if bundle.is_empty() {
        return Err(Fault::usage(format!(
            "`{}` holds no certificates",
            source.display()
        )));
    }
    Ok(Layer {
        title: "certificates".into(),
        entries: vec![Entry {
            path: BUNDLE.parse()?,
            content: Content::Bytes(bundle.into_bytes()),
            mode: 0o644,
            owner: Owner::default(),
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_tree_become_one_file() {
        let tree = tempfile::tempdir().unwrap();
        let source = tree.path().join(SOURCE).join("mozilla");
        std::fs::create_dir_all(&source).unwrap();
        assert!(certificates(tree.path()).is_err());
        for (name, text) in [("b.crt", "b\n"), ("a.crt", "a"), ("README", "no")] {
            std::fs::write(source.join(name), format!("{BEGINS}{text}")).unwrap();
        }
        let layer = certificates(tree.path()).unwrap();
        let expected = format!("{BEGINS}a\n{BEGINS}b\n").into_bytes();
        assert_eq!(layer.entries[0].content, Content::Bytes(expected));
        std::fs::write(source.join("c.crt"), "no").unwrap();
        assert!(certificates(tree.path()).is_err());
    }

    #[test]
    fn a_tree_without_them_is_told() {
        let tree = tempfile::tempdir().unwrap();
        let fault = certificates(tree.path()).unwrap_err();
        assert!(fault.hint.unwrap().contains("ca-certificates"));
    }
}
