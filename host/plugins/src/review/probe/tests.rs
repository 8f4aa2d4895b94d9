//! What of a probe's plan and reading is refused.

use orch_model::Better;

use super::*;

fn inspecting() -> Measurement {
    Measurement {
        name: "size".to_owned(),
        service: None,
        work: Work::Inspect,
        cold: false,
        warmups: 0,
        samples: 1,
    }
}

fn plan(measurement: Measurement) -> Reviewed<ProbePlan> {
    let plan = ProbePlan {
        measurements: vec![measurement],
        ..ProbePlan::default()
    };
    probe_plan(plan, &["go"])
}

#[test]
fn files_are_made_by_the_bench_itself() {
    for (root, why) in [
        (Root::Source, "source"),
        (Root::Artifact(BUILD_STEP.to_owned()), "the build"),
        (Root::Artifact("other".to_owned()), "nobody"),
        (Root::Tool("go".to_owned()), "a toolchain"),
    ] {
        let file = Artifact {
            name: RelativePath::new("cpu.pprof").unwrap(),
            path: SandboxPath {
                root,
                relative: RelativePath::new("cpu.pprof").unwrap(),
            },
            executable: false,
        };
        let plan = ProbePlan {
            measurements: vec![inspecting()],
            files: vec![file],
            ..ProbePlan::default()
        };
        assert!(probe_plan(plan, &["go"]).is_err(), "{why}");
    }
}

#[test]
fn profiles_are_bounded() {
    let profile = |name: &str, stacks: &str| Profile {
        name: name.to_owned(),
        unit: "ns".to_owned(),
        stacks: stacks.to_owned(),
    };
    let read = |profiles: Vec<Profile>| {
        reading(Reading {
            profiles,
            ..Reading::default()
        })
    };
    assert!(read(vec![profile("cpu", "main;parse 3\nmain 1\n")]).is_ok());
    for (wrong, why) in [
        (vec![profile("", "main 1")], "no name"),
        (vec![profile("cpu", "main\u{1b}[2J 1")], "escapes"),
        (vec![profile("cpu", &"a".repeat(STACK_BYTES + 1))], "large"),
        (vec![profile("cpu", "a 1"); 2], "twice"),
        (
            (0..=PROFILES)
                .map(|number| profile(&number.to_string(), "a 1"))
                .collect(),
            "many",
        ),
    ] {
        assert!(read(wrong).is_err(), "{why}");
    }
}

#[test]
fn bounds_of_a_measurement() {
    assert!(plan(inspecting()).is_ok());
    for wrong in [
        Measurement {
            samples: 0,
            ..inspecting()
        },
        Measurement {
            samples: u32::MAX,
            ..inspecting()
        },
        Measurement {
            name: "../x".to_owned(),
            ..inspecting()
        },
    ] {
        assert!(plan(wrong.clone()).is_err(), "{wrong:?}");
    }
    let nothing = ProbePlan::default();
    assert!(probe_plan(nothing, &[]).is_err());
}

#[test]
fn bounds_of_a_load() {
    let bounds = |change: fn(&mut Load)| {
        let mut load = Load {
            url: "http://127.0.0.1:${port}/".to_owned(),
            method: "GET".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            connections: 1,
            rate: None,
            duration_ms: 1_000,
            warmup_ms: 0,
            timeout_ms: 1_000,
        };
        change(&mut load);
        self::load("load", &load)
    };
    assert!(bounds(|_| {}).is_ok());
    assert!(bounds(|load| load.body = vec![0; BODY_BYTES]).is_ok());
    assert!(bounds(|load| load.body = vec![0; BODY_BYTES + 1]).is_err());
    assert!(bounds(|load| load.timeout_ms = 0).is_err());
    assert!(bounds(|load| load.timeout_ms = u32::MAX).is_err());
    assert!(bounds(|load| load.duration_ms = 0).is_err());
    assert!(bounds(|load| load.connections = 0).is_err());
    assert!(bounds(|load| load.rate = Some(f64::NAN)).is_err());
}

#[test]
fn a_service_is_of_this_machine() {
    for address in ["http://127.0.0.1:${port}/a", "[::1]:80", "http://localhost"] {
        assert!(loopback("load", address).is_ok(), "{address}");
    }
    for address in [
        "http://169.254.169.254/",
        "http://127.0.0.1@example.test/",
        "http://127.0.0.1.example.test:80/",
        "example.test:127.0.0.1",
        "",
    ] {
        assert!(loopback("load", address).is_err(), "{address}");
    }
}

#[test]
fn values_of_metrics() {
    let metric = |values: Vec<f64>| {
        vec![Metric {
            name: "wall".to_owned(),
            unit: "ns".to_owned(),
            better: Better::Less,
            values,
        }]
    };
    assert!(metrics(&metric(vec![1.0])).is_ok());
    assert!(metrics(&metric(vec![])).is_err());
    assert!(metrics(&metric(vec![f64::NAN])).is_err());
    assert!(metrics(&metric(vec![1.0; VALUES])).is_ok());
    assert!(metrics(&metric(vec![1.0; VALUES + 1])).is_err());
    let twice = [metric(vec![1.0]), metric(vec![1.0])].concat();
    assert!(metrics(&twice).is_err());
}
