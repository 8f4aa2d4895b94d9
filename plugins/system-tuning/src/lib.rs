//! What a Linux machine is set to for the sake of one service. All of it concerns other
//! programs too, so the policy is silent until the pipeline says `allow-system = true`; and
//! what lowers a protection is proposed only where that is named.

use orch_plugin::tuning_policy::{Advice, Request, TuningPolicy};
use orch_plugin::{Error, Facts, Offer, Tweak, log};
use serde::Deserialize;

const POLICY: &str = "system";

/// How many connections may wait to be accepted; the kernel's own default since 5.4.
const BACKLOG: &str = "4096";

/// How many files and connections a service may have open.
const OPEN_FILES: &str = "65536";

/// The policy.
pub struct SystemTuning;

/// What a pipeline may say to it. The manifest has the same as JSON Schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    allow_system: bool,
    governor: Option<String>,
    unprotect: Vec<String>,
}

impl TuningPolicy for SystemTuning {
    type Settings = Settings;

    fn offers() -> Vec<Offer> {
        vec![Offer::new(
            POLICY,
            "sysctls, limits and the CPU governor of a Linux machine, with `allow-system = true`",
        )]
    }

    fn advise(
        _: &str,
        request: &Request,
        settings: Settings,
        _: &dyn Facts,
    ) -> Result<Vec<Advice>, Error> {
        if !request.target.names("linux") {
            return Ok(Vec::new());
        }
        if !settings.allow_system {
            log::info(
                "policy `system` proposes nothing: write \
                 `{ policy = \"system\", allow-system = true }` in `tuning` to let it",
            );
            return Ok(Vec::new());
        }
        let mut advice = vec![backlog()];
        // A Go program raises its own soft limit since 1.19: https://go.dev/doc/go1.19#os
        if request.builder != "go" {
            advice.push(open_files());
        }
        advice.extend(settings.governor.as_deref().map(governor));
        advice.extend(
            settings
                .unprotect
                .iter()
                .filter_map(|name| unprotected(name)),
        );
        Ok(advice)
    }
}

fn backlog() -> Advice {
    Tweak::kernel_parameter("net.core.somaxconn", BACKLOG)
        .because(
            "bounds the connections that wait to be accepted; before Linux 5.4 it was 128, and a \
             burst of more was refused",
        )
        .see("https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables")
}

fn open_files() -> Advice {
    Tweak::service_directive("LimitNOFILE", OPEN_FILES)
        .because(
            "each connection is an open file, and the soft limit that a service begins with is \
             1024",
        )
        .see("https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#LimitCPU=")
}

fn governor(name: &str) -> Advice {
    Tweak::kernel_parameter("cpufreq.default_governor", name)
        .because(
            "a parameter of the kernel's command line, not a sysctl (Linux 5.9): how the clock \
             follows the load; `performance` costs power and heat",
        )
        .see("https://docs.kernel.org/admin-guide/pm/cpufreq.html#generic-scaling-governors")
}

/// A protection that the pipeline named, lowered one step.
fn unprotected(name: &str) -> Option<Advice> {
    let (value, reason, reference) = match name {
        "kernel.perf_event_paranoid" => (
            "1",
            "lowers a protection, as `unprotect` asks: every user may profile programs of their \
             own, the kernel's part in them included",
            "https://docs.kernel.org/admin-guide/perf-security.html#unprivileged-users",
        ),
        "kernel.yama.ptrace_scope" => (
            "0",
            "lowers a protection, as `unprotect` asks: a debugger may attach to any program of \
             the same user",
            "https://docs.kernel.org/admin-guide/LSM/Yama.html#ptrace-scope",
        ),
        _ => return None,
    };
    let advice = Tweak::kernel_parameter(name, value).because(reason);
    Some(advice.see(reference))
}

orch_plugin::export_tuning_policy!(SystemTuning);

#[cfg(test)]
mod tests {
    use orch_plugin::{InstalledToolchain, Machine, fake, settings};

    use super::*;

    fn advised(builder: &str, triple: &str, json: &str) -> Vec<String> {
        let toolchain = InstalledToolchain::of(builder, "1.22.10");
        let request = Request::of(builder, toolchain, Machine::of(triple));
        let facts = fake::Facts::new();
        let advice = SystemTuning::advise(POLICY, &request, settings(json).unwrap(), &facts);
        let shown = advice.unwrap().into_iter().map(|advice| {
            assert!(advice.reference.is_some(), "{}", advice.reason);
            match advice.tweak {
                Tweak::KernelParameter(pair) | Tweak::ServiceDirective(pair) => {
                    format!("{}={}", pair.name, pair.value)
                }
                other => panic!("{other:?}"),
            }
        });
        shown.collect()
    }

    const LINUX: &str = "aarch64-unknown-linux-gnu";

    #[test]
    fn nothing_is_proposed_that_was_not_allowed() {
        assert!(advised("cc", LINUX, "{}").is_empty());
        assert!(advised("cc", LINUX, r#"{"governor": "performance"}"#).is_empty());
        let allowed = r#"{"allow-system": true}"#;
        assert!(advised("cc", "aarch64-apple-darwin", allowed).is_empty());
        assert_eq!(
            advised("cc", LINUX, allowed),
            ["net.core.somaxconn=4096", "LimitNOFILE=65536"]
        );
        assert_eq!(advised("go", LINUX, allowed), ["net.core.somaxconn=4096"]);
    }

    #[test]
    fn a_protection_is_lowered_only_by_its_name() {
        let json = r#"{"allow-system": true, "governor": "performance",
            "unprotect": ["kernel.yama.ptrace_scope"]}"#;
        assert_eq!(
            advised("go", LINUX, json),
            [
                "net.core.somaxconn=4096",
                "cpufreq.default_governor=performance",
                "kernel.yama.ptrace_scope=0",
            ]
        );
    }
}
