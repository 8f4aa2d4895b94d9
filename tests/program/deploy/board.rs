//! A board that hangs on this machine: a tool of its own flashes it, and another reads back.

use crate::project_of_compilers;

const PIPELINE: &str = r#"
version = 1
name = "blink"

[toolchain.go]
version = "1.22.10"
source = "registry"

[target.static]
platform = "musl"

[build.blink]
with = "go"
package = "."
targets = ["static"]

[deploy.bench]
with = "flash"
of = "build.blink"
command = ["cp", "{file}", "BOARD"]
verify = ["grep", "-q", "works well", "BOARD"]
"#;

#[test]
fn a_board_has_what_was_built_and_is_flashed_once() {
    let boards = tempfile::tempdir().expect("a folder can be made");
    let board = boards.path().join("board");
    let project = project_of_compilers()
        .file(
            "pipeline.toml",
            PIPELINE.replace("BOARD", &board.display().to_string()),
        )
        .file("go.mod", "module blink.example\n\ngo 1.22\n")
        .file("main.go", program("works well"))
        .variable("HOME", &boards.path().display().to_string());
    let first = project.orch(&["deploy"]).exits(0);
    assert!(first.stdout.contains("1 live"), "{}", first.stdout);
    let built = std::fs::read(project.path().join("out/blink/static/blink")).expect("it is there");
    let flashed = || std::fs::read(&board).expect("it was flashed");
    assert!(flashed() == built);
    let again = project.orch(&["deploy"]).exits(0);
    assert!(again.stdout.contains("1 unchanged"), "{}", again.stdout);

    // What the second tool does not like goes, and the board has again what it liked.
    std::fs::write(project.path().join("main.go"), program("fails")).expect("it can be written");
    let bad = project.orch(&["deploy"]).exits(12);
    assert!(bad.stdout.contains("1 rolled back"), "{}", bad.stdout);
    assert!(flashed() == built);
}

fn program(says: &str) -> String {
    format!("package main\n\nfunc main() {{ println({says:?}) }}\n")
}
