//! What a target is told by its memory, its cores and the release of Go.

use orch_plugin::tuning_policy::TuningPolicy;
use orch_plugin::{InstalledToolchain, fake};

use super::*;

const GIB: u64 = 1 << 30;
const ARM64: &str = "aarch64-unknown-linux-gnu";

fn asked(
    builder: &str,
    version: &str,
    target: Machine,
    settings: &str,
) -> Result<Vec<Advice>, Error> {
    let go = InstalledToolchain::of("go", version, &["go"]);
    let request = Request::of(builder, go, target);
    let settings = orch_plugin::settings(settings)?;
    GoRuntime::advise("go-runtime", &request, settings, &fake::Facts::new())
}

fn advice(builder: &str, version: &str, target: Machine) -> Vec<Advice> {
    asked(builder, version, target, "{}").unwrap()
}

fn variables(version: &str, target: Machine) -> Vec<String> {
    let advice = advice("go", version, target).into_iter();
    advice.map(|advice| advice.tweak.text()).collect()
}

fn board(gib: u64) -> Machine {
    Machine::of(ARM64).cores(4).memory_bytes(gib * GIB)
}

#[test]
fn each_release_is_told_what_it_knows() {
    assert_eq!(
        variables("1.22.10", board(8)),
        ["GOMEMLIMIT=6553MiB", "GOGC=200", "GOMAXPROCS=4"]
    );
    assert_eq!(
        variables("1.25.0-rc.1", board(8)),
        ["GOMEMLIMIT=6553MiB", "GOGC=200"]
    );
    assert_eq!(
        variables("1.19.0", board(4)),
        ["GOMEMLIMIT=3276MiB", "GOMAXPROCS=4"]
    );
    assert_eq!(variables("1.18.10", board(8)), ["GOMAXPROCS=4"]);
    assert_eq!(variables("1.18.10", board(1)), ["GOGC=50", "GOMAXPROCS=4"]);
}

#[test]
fn what_a_target_does_not_say_is_not_guessed() {
    let silent = || Machine::of(ARM64);
    assert!(variables("1.22.10", silent()).is_empty());
    assert_eq!(variables("1.22.10", silent().cores(4)), ["GOMAXPROCS=4"]);
    assert!(variables("1.25.1", silent().cores(4)).is_empty());
    assert_eq!(
        variables("1.22.10", silent().memory_bytes(64 * GIB)),
        ["GOMEMLIMIT=52428MiB"]
    );
    let none = silent().cores(0).memory_bytes(0);
    assert!(variables("1.22.10", none).is_empty());
}

#[test]
fn a_program_of_32_bits_is_promised_no_more_than_it_addresses() {
    for triple in ["armv7-unknown-linux-gnueabihf", "i686-unknown-linux-gnu"] {
        let target = Machine::of(triple).memory_bytes(8 * GIB);
        assert_eq!(variables("1.22.10", target), ["GOMEMLIMIT=2457MiB"]);
    }
}

#[test]
fn a_reason_shows_its_sum_and_can_be_checked() {
    let advice = advice("go", "1.22.10", board(8));
    let reasons: Vec<_> = advice.iter().map(|one| one.reason.as_str()).collect();
    assert!(
        reasons[0].starts_with("80 % of the installed 8192 MiB = 6553 MiB: "),
        "{}",
        reasons[0]
    );
    assert!(
        reasons[1].starts_with("the installed 8192 MiB / 4 cores = 2048 MiB a core ≥ 2048 MiB: "),
        "{}",
        reasons[1]
    );
    assert!(advice.iter().all(|one| one.reference.is_some()));
}

#[test]
fn other_builders_and_webassembly_are_told_nothing() {
    assert!(advice("zig", "0.13.0", board(8)).is_empty());
    let wasm = Machine::of("wasm32-wasip1").cores(1).memory_bytes(4 * GIB);
    assert!(advice("go", "1.22.10", wasm).is_empty());
}

#[test]
fn what_the_pipeline_allows_is_counted_in_place_of_the_machines_memory() {
    let allowed = |json| asked("go", "1.22.10", board(8), json);
    let advice = allowed(r#"{"memory": "512MiB"}"#).unwrap();
    assert_eq!(advice[0].tweak.text(), "GOMEMLIMIT=460MiB");
    assert_eq!(
        advice[0].reason,
        "90 % of the allowed 512 MiB = 460 MiB: 10 % headroom for what the runtime does not count"
    );
    for (json, said) in [
        (
            r#"{"memory": "16GiB"}"#,
            "16384 MiB is more than the installed 8192 MiB",
        ),
        (
            r#"{"memory": "0MiB"}"#,
            "`0MiB` is no amount such as `512MiB`",
        ),
    ] {
        let Err(Error::Invalid(problems)) = allowed(json) else {
            panic!("{json}")
        };
        assert_eq!(problems[0].setting.as_deref(), Some("memory"));
        assert_eq!(problems[0].message, said);
    }
}
