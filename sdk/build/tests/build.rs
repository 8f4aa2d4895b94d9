//! Real builds: the example of the guide becomes a component, and what cannot be built
//! says why.

#![expect(
    clippy::disallowed_methods,
    reason = "the nested cargo is found and told where to look as this test itself was"
)]

use std::fs;
use std::path::{Path, PathBuf};

use orch_plugin_build::{BuildError, Messages, Options, build};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The folder that `host/bundled` compiles plugins in, so that the standard library and
/// the SDK are there already.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("plugins")
}

fn options() -> Options {
    let mut options = Options::new(std::env::vars_os());
    options.messages = Messages::Keep;
    options.locked = true;
    options
}

#[test]
fn the_guides_example_becomes_a_component() {
    let folder = root().join("sdk/rust/examples/lantern");
    let plugin = build(&folder, &target(), &options()).unwrap();
    assert_eq!(plugin.id, "lantern");
    assert_eq!(plugin.manifest["roles"][0], "target-platform");
    assert_eq!(&plugin.component[..4], b"\0asm");
    assert!(
        plugin.component.len() < 160_000,
        "{} bytes",
        plugin.component.len()
    );

    // Nothing of this machine is inside: another folder gives the same bytes.
    let root = root();
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME"))
        .unwrap();
    for place in [
        root.to_str().unwrap(),
        home.as_str(),
        env!("CARGO_TARGET_TMPDIR"),
    ] {
        let found = plugin
            .component
            .windows(place.len())
            .any(|window| window == place.as_bytes());
        assert!(!found, "the component names `{place}`");
    }

    // What it says of itself is what the manifest's file says.
    let text = fs::read_to_string(folder.join("orch-plugin.toml")).unwrap();
    assert_eq!(
        orch_plugin_build::manifest(&text, "").unwrap(),
        plugin.manifest
    );
}

/// Every file of the example stands in the guide as it is.
#[test]
fn the_guide_shows_the_example_as_it_is() {
    let guide = fs::read_to_string(root().join("docs/writing-a-plugin.md")).unwrap();
    let folder = root().join("sdk/rust/examples/lantern");
    let source = fs::read_to_string(folder.join("src/lib.rs")).unwrap();
    let manifest = fs::read_to_string(folder.join("orch-plugin.toml")).unwrap();
    for (text, name) in [(source, "src/lib.rs"), (manifest, "orch-plugin.toml")] {
        assert!(
            guide.contains(text.trim()),
            "docs/writing-a-plugin.md does not show sdk/rust/examples/lantern/{name} as it is"
        );
    }
}

/// A crate of two files in a workspace of its own.
fn crate_of(cargo: &str, manifest: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/lib.rs"), "").unwrap();
    fs::write(
        folder.path().join("Cargo.toml"),
        format!("{cargo}\n[workspace]\n"),
    )
    .unwrap();
    if let Some(manifest) = manifest {
        fs::write(folder.path().join("orch-plugin.toml"), manifest).unwrap();
    }
    folder
}

const CARGO: &str = "[package]\nname = \"board\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const MANIFEST: &str = "id = \"board\"\nversion = \"0.1.0\"\napi = \"^0.1\"\n\
                        roles = [\"builder\"]\nsummary = \"A board\"\n";

fn failure(folder: &Path) -> BuildError {
    let mut options = options();
    options.locked = false;
    options.offline = true;
    build(folder, &folder.join("target"), &options).unwrap_err()
}

#[test]
fn what_is_missing_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let text = failure(empty.path()).to_string();
    assert!(text.contains("Cargo.toml` does not exist"), "{text}");

    let folder = crate_of(CARGO, None);
    let text = failure(folder.path()).to_string();
    assert!(text.contains("orch-plugin.toml` does not exist"), "{text}");

    let folder = crate_of(CARGO, Some(MANIFEST));
    let text = failure(folder.path()).to_string();
    assert!(text.ends_with("crate-type = [\"cdylib\"]"), "{text}");
}

/// Nothing is compiled to find that out: the member would not go through.
#[test]
fn a_workspace_without_a_package_is_no_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir_all(place("member/src")).unwrap();
    fs::write(place("member/src/lib.rs"), "no Rust").unwrap();
    fs::write(place("member/Cargo.toml"), CARGO).unwrap();
    fs::write(
        place("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"member\"]\n",
    )
    .unwrap();
    fs::write(place("orch-plugin.toml"), MANIFEST).unwrap();
    match failure(folder.path()) {
        BuildError::NoModule { folder: named } => {
            assert_eq!(named, folder.path().canonicalize().unwrap());
        }
        other => panic!("{other}"),
    }
}

#[test]
fn what_cargo_says_is_told() {
    let folder = crate_of(
        "[package]\nname = \"board\"\nedition = \"1848\"\n",
        Some(MANIFEST),
    );
    match failure(folder.path()) {
        BuildError::Cargo { messages, .. } => assert!(messages.contains("1848"), "{messages}"),
        other => panic!("{other}"),
    }
}

#[test]
fn a_mistake_in_the_manifest_is_shown_where_it_stands() {
    let folder = crate_of(CARGO, Some(&MANIFEST.replace("summary", "sumary")));
    let text = failure(folder.path()).to_string();
    assert!(text.contains("orch-plugin.toml: "), "{text}");
    assert!(
        text.contains("unknown field `sumary`") && text.contains("^^^"),
        "{text}"
    );
}

#[test]
fn a_component_of_another_language_gets_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let component = wat::parse_str(
        "(component (instance $i) (export \"orch:plugin/builder@0.1.0\" (instance $i)))",
    )
    .unwrap();
    fs::create_dir(folder.path().join("build")).unwrap();
    fs::write(folder.path().join("build/component.wasm"), &component).unwrap();
    let text = failure(folder.path()).to_string();
    assert!(text.contains("orch-plugin.toml` does not exist"), "{text}");

    fs::write(folder.path().join("orch-plugin.toml"), MANIFEST).unwrap();
    let plugin = build(folder.path(), folder.path(), &options()).unwrap();
    assert_eq!(plugin.id, "board");
    assert!(plugin.component.starts_with(&component));
}
