//! Builds as they are planned.

use expect_test::expect;
use orch_plugin::{Machine, fake, word};

use super::*;

fn toolchain(name: &str, version: &str, program: &str) -> InstalledToolchain {
    InstalledToolchain::of(name, version).tools(&[program])
}

fn planned(tools: Vec<InstalledToolchain>) -> Result<Build, Error> {
    let request = Request {
        tools,
        target: Machine::of("aarch64-unknown-linux-gnu"),
        ..Request::of("tree", toolchain("sources", "1.22.10", "go"))
    };
    GoSource::plan(&request, Settings::default(), &fake::Facts::new())
}

#[test]
fn one_release_is_built_by_another() {
    let tools = vec![
        toolchain("old", "1.21.13", "go"),
        toolchain("shell", "5.2.15", "bash"),
    ];
    let build = planned(tools).unwrap();
    let action = &build.actions[0];
    let arguments: Vec<_> = action.arguments.iter().skip(2).map(word).collect();
    let environment: Vec<_> = action
        .environment
        .iter()
        .map(|variable| format!("{}={}", variable.name, word(&variable.value)))
        .collect();
    expect![[r#"
        make {tool/sources} {output/go}
        GOROOT_BOOTSTRAP={tool/old} GOOS=linux GOARCH=arm64 GOENV=off GOTOOLCHAIN=local CGO_ENABLED=0 GOCACHE={scratch/cache} XDG_CONFIG_HOME=/dev/null
    "#]]
    .assert_eq(&format!("{}\n{}\n", arguments.join(" "), environment.join(" ")));
}

#[test]
fn what_is_not_lent_is_asked_for() {
    let missing = |tools| match planned(tools) {
        Err(Error::Invalid(problems)) => problems[0].message.clone(),
        other => panic!("{other:?}"),
    };
    assert!(missing(Vec::new()).contains("another Go"));
    assert!(missing(vec![toolchain("old", "1.21.13", "go")]).contains("bash"));
    let tools = vec![
        toolchain("old", "1.19.0", "go"),
        toolchain("shell", "5.2.15", "bash"),
    ];
    assert!(missing(tools).contains("1.20.6 or later"));
}
