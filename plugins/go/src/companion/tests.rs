//! Companions by a module proxy and a checksum database that a test makes up.

use expect_test::expect;
use orch_plugin::fake;

use super::*;

const DELVE: &str = "module github.com/go-delve/delve\n\ngo 1.21\n\nrequire (\n\tgithub.com/Masterminds/semver v1.5.0 // indirect\n)\n\nrequire golang.org/x/arch v0.6.0\n";

fn sums(path: &str, version: &str) -> String {
    format!(
        "77\n{path} {version} h1:zip=\n{path} {version}/go.mod h1:mod=\n\ngo.sum database tree\n77\n"
    )
}

fn world() -> fake::Facts {
    let proxy = "https://proxy.golang.org/github.com/go-delve/delve";
    let lookup = "https://sum.golang.org/lookup";
    fake::Facts::new()
        .document(
            &format!("{proxy}/@v/list"),
            "v1.22.1\nv1.23.0\nv1.23.1\nv1.24.0-rc.1\n",
        )
        .document(&format!("{proxy}/@v/v1.23.1.mod"), DELVE)
        .document(
            &format!("{lookup}/github.com/go-delve/delve@v1.23.1"),
            sums("github.com/go-delve/delve", "v1.23.1"),
        )
        .document(
            &format!("{lookup}/github.com/!masterminds/semver@v1.5.0"),
            sums("github.com/Masterminds/semver", "v1.5.0"),
        )
        .document(
            &format!("{lookup}/golang.org/x/arch@v0.6.0"),
            sums("golang.org/x/arch", "v0.6.0"),
        )
}

fn pinned(text: &str, facts: &fake::Facts) -> Result<String, Error> {
    let files = pin(&[text.to_owned()], facts)?;
    let shown = files
        .iter()
        .map(|file| format!("-- {}\n{}", file.paths[0], file.text));
    Ok(shown.collect())
}

#[test]
fn a_lock_pins_every_module_of_a_companion_with_its_checksum() {
    expect![[r#"
        -- companions/dlv/go.mod
        module companion.invalid/dlv

        go 1.21

        require (
        	github.com/go-delve/delve v1.23.1
        	github.com/Masterminds/semver v1.5.0
        	golang.org/x/arch v0.6.0
        )
        -- companions/dlv/go.sum
        github.com/go-delve/delve v1.23.1 h1:zip=
        github.com/go-delve/delve v1.23.1/go.mod h1:mod=
        github.com/Masterminds/semver v1.5.0 h1:zip=
        github.com/Masterminds/semver v1.5.0/go.mod h1:mod=
        golang.org/x/arch v0.6.0 h1:zip=
        golang.org/x/arch v0.6.0/go.mod h1:mod=
    "#]]
    .assert_eq(&pinned("dlv@1.23", &world()).unwrap());
}

#[test]
fn any_package_can_be_named_by_its_path() {
    let companion = Companion::parse("example.org/kit/v2/cmd/tool@v1.2").unwrap();
    assert_eq!(
        (companion.name.as_str(), companion.requirement.as_str()),
        ("tool", "1.2")
    );
    assert_eq!(
        Companion::parse("example.org/tool/v2").unwrap().name,
        "tool"
    );
    let by_path = pinned("github.com/go-delve/delve/cmd/dlv@1.23.1", &world());
    assert_eq!(by_path, pinned("dlv@1.23.1", &world()));
}

#[test]
fn what_cannot_be_pinned_is_said_with_other_ways() {
    let said = |text: &str, facts: &fake::Facts| match pinned(text, facts) {
        Err(Error::Failed(text)) => text,
        Err(Error::Invalid(problems)) => problems[0].message.clone(),
        other => panic!("{other:?}"),
    };
    assert!(said("dvl", &world()).contains("no companion that this plugin knows"));
    assert!(said("dlv@9", &world()).contains("no version of `github.com/go-delve/delve`"));
    let offline = said("dlv@1.23", &world().offline());
    assert!(
        offline.contains("needs the network") && offline.contains("`packages"),
        "{offline}"
    );
    let unvouched = world().refusing(
        "download https://sum.golang.org/lookup/golang.org/x/arch@v0.6.0",
        orch_plugin::Refusal::Absent,
    );
    let unvouched = said("dlv@1.23", &unvouched);
    assert!(
        unvouched.contains("the checksum database has no"),
        "{unvouched}"
    );
}
