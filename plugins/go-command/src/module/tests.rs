//! Projects as their files say.

use orch_plugin::fake;

use super::*;

fn find(directory: &str, facts: &fake::Facts) -> Result<Project, Error> {
    Project::find(directory, true, facts)
}

#[test]
fn a_module_without_requirements_needs_nothing_from_elsewhere() {
    let facts = fake::Facts::new().file("go.mod", "module agent // the edge\n\ngo 1.22\n");
    let project = find("cmd/agent", &facts).unwrap();
    assert_eq!(project.module.as_deref(), Some("agent"));
    assert_eq!(project.go, Lowest::parse("1.22"));
    assert_eq!(project.inputs(), ["**", "!**/*_test.go"]);
    assert!(project.missing.is_empty() && !project.workspace);
}

const REQUIRES: &str = "module agent\ngo 1.22\nrequire example.org/a v1.0.0\nrequire (\n\
                        \t\"example.org/b\" v1.2.0 // indirect\n\texample.org/c v0.1.0\n)\n\
                        replace example.org/c v0.1.0 => ../c\n\
                        replace example.org/b => example.org/fork v1.0.0\n";

#[test]
fn what_is_neither_here_nor_vendored_is_missing() {
    let facts = fake::Facts::new().file("svc/go.mod", REQUIRES);
    let project = find("svc", &facts).unwrap();
    assert_eq!(project.missing, ["example.org/a", "example.org/b"]);
    assert_eq!(project.inputs(), ["svc/**", "c/**", "!**/*_test.go"]);
}

/// Whether a release takes what a module requires from its `vendor/`.
fn is_vendored(go: &str, list: &str, release: Version) -> bool {
    let module = format!("module a\n{go}\nrequire example.org/a v1.0.0\n");
    let facts = fake::Facts::new()
        .file("go.mod", module)
        .file("vendor/modules.txt", list);
    let mut project = find("", &facts).unwrap();
    project.use_vendor(&release, &facts).unwrap();
    project.missing.is_empty()
}

#[test]
fn vendored_modules_are_taken_where_go_takes_them() {
    const LIST: &str = "# example.org/a v1.0.0\n";
    let release = Version::new(1, 22, 10);
    assert!(is_vendored("go 1.14", LIST, release.clone()));
    assert!(!is_vendored("go 1.13", LIST, release.clone()));
    assert!(!is_vendored("", LIST, release.clone()));
    assert!(!is_vendored("go 1.14", LIST, Version::new(1, 13, 0)));
    assert!(!is_vendored("go 1.22", "## workspace\n", release));
}

#[test]
fn vendored_workspaces_are_taken_since_1_22() {
    let facts = fake::Facts::new()
        .file("go.work", "go 1.18\nuse ./svc\n")
        .file("svc/go.mod", "module svc\nrequire example.org/a v1.0.0\n")
        .file(
            "vendor/modules.txt",
            "## workspace\n# example.org/a v1.0.0\n",
        );
    for (minor, expected) in [(21, false), (22, true)] {
        let mut project = find("svc", &facts).unwrap();
        let release = Version::new(1, minor, 0);
        project.use_vendor(&release, &facts).unwrap();
        assert_eq!(project.missing.is_empty(), expected, "1.{minor}");
    }
}

#[test]
fn a_replacement_outside_is_refused() {
    let facts = fake::Facts::new().file("go.mod", REQUIRES);
    match find("", &facts) {
        Err(Error::Invalid(problems)) => assert_eq!(
            problems[0].message,
            "module `example.org/c` is replaced by `../c`, which lies outside the pipeline's folder"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_workspace_joins_its_modules() {
    let facts = fake::Facts::new()
        .file("go.work", "go 1.22\nuse (\n\t./svc\n\t./lib\n)\n")
        .file(
            "svc/go.mod",
            "module svc\nrequire (\n\tlib v0.0.0\n\texample.org/a v1.0.0\n)\n",
        )
        .file("lib/go.mod", "module lib\n");
    let project = find("svc", &facts).unwrap();
    assert!(project.workspace);
    assert_eq!(project.module.as_deref(), Some("svc"));
    assert_eq!(project.missing, ["example.org/a"]);
    assert_eq!(project.inputs(), ["**", "!**/*_test.go"]);

    let alone = Project::find("svc", false, &facts).unwrap();
    assert_eq!(alone.missing, ["lib", "example.org/a"]);
}

#[test]
fn a_refusal_is_told() {
    let facts = fake::Facts::new().refusing("read go.mod", Refusal::Denied);
    assert!(find("", &facts).is_ok(), "another question");
    let facts = fake::Facts::new().refusing("read source/go.mod", Refusal::Denied);
    match find("", &facts) {
        Err(Error::Failed(text)) => assert_eq!(text, "`go.mod` is not granted to this plugin"),
        other => panic!("{other:?}"),
    }
}
