//! A build with several toolchains: what its cells are called, where their products lie, and
//! which of them cannot be.

use orch_tests::{Project, expect};

use crate::pinned::{PROGRAM, lock_of};
use crate::project;

const PIPELINE: &str = "\
version = 1
name = \"agent\"

[target.static]
platform = \"musl\"

[target.wasm]
platform = \"wasm\"

[build.agent]
with = \"go\"
toolchains = [\"go@1.20\", \"go@1.21\"]
targets = [\"static\", \"wasm\"]
";

/// Releases that only a plan needs: Go 1.20 does not know `wasip1`.
fn planned(more: &str) -> Project {
    let project = project()
        .pipeline(&format!("{PIPELINE}{more}"))
        .file("go", PROGRAM)
        .file("go.mod", "module example.org/agent\n\ngo 1.20\n")
        .file("main.go", "package main\n\nfunc main() {}\n");
    let url = format!("file://{}", project.path().join("go").display());
    let locked = |version: &str| {
        lock_of(&url, PROGRAM, "raw", "go")
            .replace(
                "name = \"go\"\nwith",
                &format!("name = \"go@{version}\"\nwith"),
            )
            .replace("~1.22", &format!("~{version}"))
            .replace("1.22.10", &format!("{version}.1"))
    };
    let lock = locked("1.20") + &locked("1.21").replace("version = 1\n", "");
    project.file("orch.lock", lock)
}

#[test]
fn a_cell_that_cannot_be_is_left_out_by_name() {
    let project = planned("");
    project
        .orch(&["query", "build.agent"])
        .exits(0)
        .stdout(expect![[r#"
            build.agent@static+go@1.20/compile
            build.agent@static+go@1.20/verify
            build.agent@static+go@1.20
            build.agent@static+go@1.21/compile
            build.agent@static+go@1.21/verify
            build.agent@static+go@1.21
            build.agent@wasm+go@1.21/compile
            build.agent@wasm+go@1.21/verify
            build.agent@wasm+go@1.21
        "#]]);
    project
        .orch(&["query", "build.agent@static"])
        .exits(0)
        .stdout(expect![[r#"
            build.agent@static+go@1.20/compile
            build.agent@static+go@1.20/verify
            build.agent@static+go@1.20
            build.agent@static+go@1.21/compile
            build.agent@static+go@1.21/verify
            build.agent@static+go@1.21
        "#]]);
    project
        .orch(&["query", "rdeps(toolchain.go@1.20)"])
        .exits(0)
        .stdout(expect![[r#"
            toolchain.go@1.20
            build.agent@static+go@1.20/compile
            build.agent@static+go@1.20/verify
            build.agent@static+go@1.20
        "#]]);
    project
        .orch(&["plan", "--target", "wasm"])
        .exits(0)
        .shows("out/agent/wasm/go@1.21/agent.wasm")
        .shows("build.agent@wasm+go@1.20  left out: plugin `go`: Go 1.20.1 does not build for wasip1/wasm");
    project
        .orch(&["explain", "build.agent@wasm+go@1.20"])
        .exits(0)
        .shows("`build.agent@wasm+go@1.20` is left out");
    project
        .orch(&["run", "--only", "build.agent@wasm+go@1.20"])
        .exits(2)
        .stderr(expect![[r#"
            error: `build.agent@wasm+go@1.20` is left out: plugin `go`: Go 1.20.1 does not build for wasip1/wasm, which came with Go 1.21; ask for `version = ">=1.21"` in the toolchain's table
            hint: `orch plan` shows what there is
        "#]]);
    project
        .orch(&["run", "--only", "build.agent@wasm+go@1.2"])
        .exits(2)
        .stderr(expect![[r#"
            error: there is no node `build.agent@wasm+go@1.2`
            hint: did you mean `build.agent@wasm+go@1.21`? `orch plan` shows all nodes
        "#]]);
}

#[test]
fn needs_mean_the_cells_that_can_be() {
    let after = |need: &str| {
        let task = format!("\n[task.late]\ncommand = [\"true\"]\nneeds = [\"{need}\"]\n");
        planned(&task).orch(&["graph", "--format", "json", "--only", "task.late"])
    };
    let ran = after("build.agent@wasm").exits(0);
    assert!(
        ran.stdout.contains("build.agent@wasm+go@1.21"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("go@1.20"), "{}", ran.stdout);
    after("build.agent@wasm+go@1.20")
        .exits(2)
        .stderr(expect![[r#"
            error: `build.agent@wasm+go@1.20` cannot be needed: plugin `go`: Go 1.20.1 does not build for wasip1/wasm, which came with Go 1.21; ask for `version = ">=1.21"` in the toolchain's table
              --> pipeline.toml:17:10
               |
            17 | needs = ["build.agent@wasm+go@1.20"]
               |          ^^^^^^^^^^^^^^^^^^^^^^^^^^
            hint: need the build without its toolchain: that means the cells that can be
        "#]]);
}

#[test]
fn a_matrix_of_which_no_cell_can_be_is_refused() {
    let project = planned("");
    let text = PIPELINE
        .replace(", \"go@1.21\"", "")
        .replace("\"static\", ", "");
    project
        .file("pipeline.toml", text)
        .orch(&["plan"])
        .exits(2)
        .stderr(expect![[r#"
            orch.lock: toolchain `go@1.21` is no longer used
            error: no toolchain of build `agent` can build for any of its targets; plugin `go`: Go 1.20.1 does not build for wasip1/wasm, which came with Go 1.21; ask for `version = ">=1.21"` in the toolchain's table
              --> pipeline.toml:12:15
               |
            12 | toolchains = ["go@1.20"]
               |               ^^^^^^^^^
        "#]]);
}

#[test]
fn an_unknown_plugin_is_named_where_it_stands() {
    let text = PIPELINE.replace("go@1.20", "og@1.20");
    project()
        .pipeline(&text)
        .orch(&["check"])
        .exits(2)
        .stderr(expect![[r#"
            error: no plugin is called `og`
              --> pipeline.toml:12:15
               |
            12 | toolchains = ["og@1.20", "go@1.21"]
               |               ^^^^^^^^^
            hint: `orch plugin list` shows all; a toolchain-source is `debian`, `go`, `system` or `zig`
        "#]]);
}

/// The values at a path of a printed YAML file, as Python reads it.
fn values(yaml: &str, path: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::write(folder.path().join("file.yml"), yaml).expect("a file can be written");
    let script =
        format!("import json, yaml; print(json.dumps(yaml.safe_load(open('file.yml')){path}))");
    let output = std::process::Command::new("/usr/bin/python3")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{said}\napt-get install python3-yaml"
    );
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn a_build_service_gets_a_job_for_each_cell() {
    let project = planned("\n[task.test]\ncommand = [\"true\"]\n");
    let github = project.orch(&["ci", "github", "--locked"]).exits(0).stdout;
    expect![[r#"
        {"fail-fast": false, "matrix": {"include": [{"node": "build.agent@static+go@1.20", "products": "out/agent/static/go@1.20"}, {"node": "build.agent@static+go@1.21", "products": "out/agent/static/go@1.21"}, {"node": "build.agent@wasm+go@1.21", "products": "out/agent/wasm/go@1.21"}, {"node": "task.test"}]}}
    "#]].assert_eq(&values(&github, "['jobs']['orch']['strategy']"));
    expect![[r#"
        [{"uses": "actions/checkout@v4"}, {"run": "orch --version"}, {"run": "orch run --locked --only \"${{ matrix.node }}\""}, {"uses": "actions/upload-artifact@v4", "if": "matrix.products", "with": {"name": "${{ matrix.node }}", "path": "${{ matrix.products }}", "if-no-files-found": "error"}}]
    "#]].assert_eq(&values(&github, "['jobs']['orch']['steps']"));
    let gitlab = project
        .orch(&["ci", "gitlab", "--target", "static"])
        .exits(0)
        .stdout;
    expect![[r#"
        {"stage": "build", "parallel": {"matrix": [{"NODE": "build.agent@static+go@1.20"}, {"NODE": "build.agent@static+go@1.21"}]}, "script": ["orch --version", "orch run --locked --only \"$NODE\""], "artifacts": {"name": "$NODE", "paths": ["out/"]}}
    "#]].assert_eq(&values(&gitlab, "['orch']"));
    project
        .orch(&["ci", "gitlab", "../project"])
        .exits(2)
        .stderr(expect![[r#"
            error: no job finds the pipeline as `../project/pipeline.toml`
            hint: stand at the top of the repository, and name the pipeline below it by letters, digits, `.`, `-` and `_`
        "#]]);
}

#[test]
fn what_a_job_calls_is_what_runs() {
    let project =
        project().pipeline("version = 1\nname = \"a\"\n\n[task.t]\ncommand = [\"true\"]\n");
    let yaml = project.orch(&["ci", "gitlab"]).exits(0).stdout;
    let line = values(&yaml, "['orch']['script'][1]");
    let line = line.replace(r#"\"$NODE\""#, "task.t");
    let line = line.trim().trim_matches('"');
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    project.orch(&words).exits(0).says("1 done");
}

/// Two real releases from the machine's package registry.
#[test]
fn each_toolchain_leaves_its_own_program() {
    let main = "package main\n\nimport (\n\t\"fmt\"\n\t\"runtime\"\n)\n\n\
                func main() { fmt.Println(runtime.Version()) }\n";
    let pipeline = PIPELINE
        .replace(
            "[\"go@1.20\", \"go@1.21\"]",
            "[\"go@1.21.13\", \"go@1.23\"]",
        )
        .replace("[\"static\", \"wasm\"]", "[\"static\"]")
        + "smoke = []\n";
    let project = project()
        .pipeline(&pipeline)
        .file("go.mod", "module example.org/agent\n\ngo 1.21\n")
        .file("main.go", main);
    let ran = project.orch(&["run"]).exits(0);
    assert!(
        ran.stdout
            .starts_with("BUILD  TARGET  TOOLCHAIN   ARTIFACT"),
        "{}",
        ran.stdout
    );
    for version in ["1.21.13", "1.23"] {
        let agent = project
            .path()
            .join(format!("out/agent/static/go@{version}/agent"));
        let printed = std::process::Command::new(&agent).output();
        let printed = printed.unwrap_or_else(|error| panic!("{}: {error}", agent.display()));
        let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
        assert!(printed.starts_with(&format!("go{version}")), "{printed}");
    }
    project
        .orch(&["run", "--locked", "--offline"])
        .exits(0)
        .says("nothing to do: all 10 nodes are up to date");

    // An editor's Go reads the lines for it.
    let env = project
        .command(&["toolchain", "env", "go@1.23", "--shell", "goenv"])
        .output()
        .expect("`orch` starts");
    let text = String::from_utf8_lossy(&env.stdout).replace("GOENV=off\n", "");
    let project = project.file("go.env", text.as_bytes());
    let which = project.command(&["toolchain", "which", "go@1.23"]).output();
    let go = String::from_utf8(which.expect("`orch` starts").stdout).expect("a path is text");
    let told = std::process::Command::new(go.trim())
        .args(["env", "GOPROXY", "GOTOOLCHAIN"])
        .env("GOENV", project.path().join("go.env"))
        .env_remove("GOPROXY")
        .env_remove("GOTOOLCHAIN")
        .env("HOME", project.path())
        .output()
        .expect("Go starts");
    assert_eq!(String::from_utf8_lossy(&told.stdout), "off\nlocal\n");
}
