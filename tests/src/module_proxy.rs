//! A Go module proxy and its checksum database, on loopback: the files that the protocols name
//! (<https://go.dev/ref/mod#goproxy-protocol>), made of modules that a test writes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::server::{Server, send};

/// The files of a module by their paths.
pub type Files<'a> = &'a [(&'a str, &'a str)];

/// What is served, by the target of a request.
type Documents = BTreeMap<String, Vec<u8>>;

/// Stopped when dropped.
pub struct ModuleProxy {
    server: Server,
    documents: Arc<Mutex<Documents>>,
}

impl ModuleProxy {
    /// Serves modules: the path of each, its only version, its files.
    pub fn start(modules: &[(&str, &str, Files<'_>)]) -> Self {
        let documents = Arc::new(Mutex::new(Documents::new()));
        let served = Arc::clone(&documents);
        let server = Server::start(move |_, request, stream| {
            let documents = served.lock().expect("nobody panics with it");
            match documents.get(&request.target) {
                Some(document) => send(stream, "200 OK", &[], document),
                None => send(stream, "404 Not Found", &[], b"not found"),
            }
        });
        let proxy = Self { server, documents };
        for (path, version, files) in modules {
            proxy.replace(path, version, files);
            proxy.vouch(path, version, files);
        }
        proxy
    }

    /// Serves other files of a module, while the checksum database stays as it is.
    pub fn replace(&self, path: &str, version: &str, files: Files<'_>) {
        let go_mod = file(files, "go.mod");
        let info = format!("{{\"Version\": \"{version}\", \"Time\": \"2024-01-01T00:00:00Z\"}}");
        for (name, document) in [
            ("list".to_owned(), format!("{version}\n").into_bytes()),
            (format!("{version}.info"), info.into_bytes()),
            (format!("{version}.mod"), go_mod.as_bytes().to_vec()),
            (format!("{version}.zip"), archive(path, version, files)),
        ] {
            self.serve(format!("/proxy/{path}/@v/{name}"), document);
        }
    }

    /// The address of a path of the server, such as `proxy` or `sums/`.
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// Address and port.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// Has the checksum database state a module's checksums.
    fn vouch(&self, path: &str, version: &str, files: Files<'_>) {
        let named = files
            .iter()
            .map(|(name, text)| (format!("{path}@{version}/{name}"), *text));
        let content = checksum(named);
        let go_mod = checksum([("go.mod".to_owned(), file(files, "go.mod"))]);
        let document = format!(
            "1\n{path} {version} {content}\n{path} {version}/go.mod {go_mod}\n\ngo.sum database tree\n"
        );
        self.serve(format!("/sums/lookup/{path}@{version}"), document.into());
    }

    fn serve(&self, target: String, document: Vec<u8>) {
        let mut documents = self.documents.lock().expect("nobody panics with it");
        documents.insert(target, document);
    }
}

fn file<'a>(files: Files<'a>, wanted: &str) -> &'a str {
    let found = files.iter().find(|(name, _)| *name == wanted);
    found.map_or("", |(_, text)| text)
}

/// A module as the proxy packs it: <https://go.dev/ref/mod#zip-files>
fn archive(path: &str, version: &str, files: Files<'_>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        let name = format!("{path}@{version}/{name}");
        let options = SimpleFileOptions::default();
        archive.start_file(name, options).expect("it is in memory");
        archive.write_all(text.as_bytes()).expect("it is in memory");
    }
    archive.finish().expect("it is in memory").into_inner()
}

/// The checksum that Go calls `h1`: <https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash>
fn checksum<'a>(files: impl IntoIterator<Item = (String, &'a str)>) -> String {
    let files: BTreeMap<String, &str> = files.into_iter().collect();
    let lines: String = files
        .iter()
        .map(|(name, text)| format!("{}  {name}\n", hex::encode(Sha256::digest(text))))
        .collect();
    format!("h1:{}", base64(&Sha256::digest(lines)))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for position in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * position)) as usize & 63];
            text.push(if position <= chunk.len() {
                letter as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The module `rsc.io/quote` v1.5.2 has only this in its `go.mod`; what the real checksum
    /// database says of it stands in many a `go.sum`.
    #[test]
    fn checksums_are_those_that_go_makes() {
        let go_mod = "module \"rsc.io/quote\"\n\nrequire \"rsc.io/sampler\" v1.3.0\n";
        assert_eq!(
            checksum([("go.mod".to_owned(), go_mod)]),
            "h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0="
        );
        assert_eq!(base64(b"light w"), "bGlnaHQgdw==");
    }
}
