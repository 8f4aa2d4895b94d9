//! What is found again, and what may be compared.

use orch_history::{Baseline, Kind, Measurement, Selection};
use orch_model::{Better, Digest};
use proptest::prelude::*;

use crate::sample::{Scene, hardware, metric, node, run, start};

/// A baseline's number, or a word for what there is instead.
fn baseline(scene: &Scene, selection: &Selection, on: &str) -> String {
    let fingerprint = hardware(on).fingerprint;
    let selection = Selection {
        failed: Some(false),
        ..selection.clone()
    };
    match scene.history.baseline(&selection, &fingerprint).unwrap() {
        Baseline::Found(kept) => kept.number.to_string(),
        Baseline::OnlyElsewhere(hardware) => {
            let names: Vec<String> = hardware.into_iter().map(|found| found.summary).collect();
            format!("only on {}", names.join(" and "))
        }
        Baseline::Missing => "none".to_owned(),
    }
}

fn of_node(name: &str) -> Selection {
    Selection {
        node: Some(node(name)),
        ..Selection::default()
    }
}

fn elsewhere(name: &str, measurement: Measurement) -> Measurement {
    Measurement {
        hardware: hardware(name),
        ..measurement
    }
}

#[test]
fn what_was_added_is_found_whole() {
    let mut scene = Scene::new();
    let measurement = Measurement {
        verdict: Some(r#"{"outcome":"holds"}"#.to_owned()),
        tuning: Some(Digest::of("tuning")),
        metrics: vec![
            metric("wall", "ns", Better::Less, &[0.1, 1e300, -5e-324, 3.0]),
            metric("requests", "requests/s", Better::More, &[]),
            metric("size", "B", Better::Less, &[4096.0]),
        ],
        ..start("pi5", &[])
    };
    let number = scene.add("1", &measurement);
    let kept = scene.newest();
    assert_eq!(kept.measurement, measurement);
    assert_eq!((kept.number, kept.run), (number, run("1")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn every_value_keeps_all_of_its_bits(values in prop::collection::vec(any::<f64>(), 1..50)) {
        let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        let mut scene = Scene::new();
        let measurement = start("pi5", &values);
        scene.add("1", &measurement);
        let kept = scene.newest();
        prop_assert_eq!(kept.measurement, measurement);
    }
}

#[test]
fn edited_sources_are_not_those_of_the_commit() {
    let mut scene = Scene::new();
    let mut edited = run("1");
    edited.id = "edited".to_owned();
    edited.commit = Some("c0ffee1-dirty".to_owned());
    scene.add("1", &start("pi5", &[1.0]));
    let measurement = start("pi5", &[2.0]);
    scene
        .history
        .add(&edited, &measurement)
        .expect("it can be added");
    let of = |commit: &str| {
        let selection = Selection {
            commit: Some(commit.to_owned()),
            ..Selection::default()
        };
        let found = scene.history.measurements(&selection).unwrap();
        found.iter().map(|kept| kept.number).collect::<Vec<_>>()
    };
    assert_eq!(of("c0ff"), [1]);
    assert_eq!(of("c0ff-dirty"), [2]);
    assert_eq!(of("c0ffee1-dirty"), [2]);
    assert_eq!(of("c0ffee2-dirty"), [0_i64; 0]);
    assert_eq!(edited.short_commit().unwrap(), "c0ffee1-dirty");
}

#[test]
fn the_baseline_is_the_newest_of_the_same_hardware_that_did_not_fail() {
    let mut scene = Scene::new();
    let pi5 = of_node("bench.cold-start@pi5");
    assert_eq!(baseline(&scene, &pi5, "Pi 5"), "none");
    scene.add("1", &elsewhere("Graviton", start("pi5", &[1.0])));
    scene.add("1", &elsewhere("Pi 4", start("pi5", &[1.0])));
    assert_eq!(
        baseline(&scene, &pi5, "Pi 5"),
        "only on Pi 4, 4 cores, 8 GiB and Graviton, 4 cores, 8 GiB"
    );
    let good = scene.add("2", &start("pi5", &[1.0]));
    let failed = Measurement {
        failed: true,
        ..start("pi5", &[9.0])
    };
    scene.add("3", &failed);
    scene.add("3", &start("static", &[1.0]));
    assert_eq!(baseline(&scene, &pi5, "Pi 5"), good.to_string());
    assert_eq!(baseline(&scene, &of_node("bench.x"), "Pi 5"), "none");
}

#[test]
fn what_only_failed_is_no_baseline_anywhere() {
    let mut scene = Scene::new();
    let failed = Measurement {
        failed: true,
        ..start("pi5", &[9.0])
    };
    scene.add("1", &failed);
    let pi5 = of_node("bench.cold-start@pi5");
    assert_eq!(baseline(&scene, &pi5, "Pi 5"), "none");
    assert_eq!(baseline(&scene, &pi5, "Pi 4"), "none");
}

#[test]
fn a_baseline_may_be_of_another_run_commit_target_or_toolchain() {
    let mut scene = Scene::new();
    let old = Measurement {
        toolchains: "go 1.22.1".to_owned(),
        ..start("pi5", &[1.0])
    };
    let emulated = Measurement {
        times_count: false,
        ..start("pi5", &[5.0])
    };
    assert_eq!(scene.add("1", &old), 1);
    assert_eq!(scene.add("2", &start("static", &[2.0])), 2);
    assert_eq!(scene.add("3", &start("pi5", &[3.0])), 3);
    assert_eq!(scene.add("4", &emulated), 4);
    let found = |change: &dyn Fn(&mut Selection)| {
        let mut selection = Selection {
            bench: Some("cold-start".to_owned()),
            times_count: Some(true),
            ..Selection::default()
        };
        change(&mut selection);
        baseline(&scene, &selection, "Pi 5")
    };
    assert_eq!(found(&|_| {}), "3");
    assert_eq!(found(&|of| of.times_count = None), "4");
    assert_eq!(found(&|of| of.target = Some("static".into())), "2");
    assert_eq!(found(&|of| of.run = Some("1".into())), "1");
    assert_eq!(found(&|of| of.commit = Some("c0ffee2".into())), "2");
    assert_eq!(found(&|of| of.commit = Some("c0ff".into())), "3");
    assert_eq!(found(&|of| of.toolchain = Some("go 1.22.1".into())), "1");
    assert_eq!(found(&|of| of.toolchain = Some("zig 0.13.0".into())), "3");
    assert_eq!(found(&|of| of.toolchain = Some("go 1.22".into())), "none");
}

#[test]
fn a_name_means_a_run_a_commit_a_target_or_a_toolchain() {
    let mut scene = Scene::new();
    scene.add("1", &start("pi5", &[1.0]));
    let kind = |name: &str| {
        let git = |name: &str| (name == "v1.2").then(|| "c0ffee1".to_owned());
        let meaning = scene.history.meaning(name, git).unwrap();
        meaning.map(|meaning| meaning.kind)
    };
    assert_eq!(kind("1"), Some(Kind::Run));
    assert_eq!(kind("c0ff"), Some(Kind::Commit));
    assert_eq!(kind("v1.2"), Some(Kind::Commit));
    assert_eq!(kind("pi5"), Some(Kind::Target));
    assert_eq!(kind("zig 0.13.0"), Some(Kind::Toolchain));
    assert_eq!(kind("c0ff-dirty"), None);
    assert_eq!(kind("v1.3"), None);
}

#[test]
fn a_series_is_one_metric_from_the_oldest_on() {
    let mut scene = Scene::new();
    scene.add("b", &start("pi5", &[3.0, 4.0]));
    scene.add("b", &start("static", &[7.0]));
    scene.add("a", &start("pi5", &[5.0]));
    let pi5 = of_node("bench.cold-start@pi5");
    let points: Vec<_> = scene
        .history
        .series(&pi5, "wall")
        .unwrap()
        .into_iter()
        .map(|point| (point.number, point.run.id, point.metric.values))
        .collect();
    assert_eq!(
        points,
        [
            (1, "b".to_owned(), vec![3.0, 4.0]),
            (3, "a".to_owned(), vec![5.0]),
        ]
    );
    assert_eq!(scene.history.series(&pi5, "size"), Ok(Vec::new()));
}

#[test]
fn measurements_stand_in_the_order_in_which_they_were_added() {
    let mut scene = Scene::new();
    let mut early = run("clock-was-wrong");
    early.time_s = 0;
    scene.add("first", &start("pi5", &[1.0]));
    scene
        .history
        .add(&early, &start("pi5", &[2.0]))
        .expect("it can be added");
    scene.add("first", &start("static", &[3.0]));
    let kept = scene.history.measurements(&Selection::default()).unwrap();
    let runs: Vec<_> = kept.into_iter().map(|kept| kept.run.id).collect();
    assert_eq!(runs, ["first", "clock-was-wrong", "first"]);
}

#[test]
fn a_value_that_is_no_number_is_not_kept() {
    let mut scene = Scene::new();
    let fault = scene
        .history
        .add(&run("1"), &start("pi5", &[1.0, f64::NAN]))
        .unwrap_err();
    assert_eq!(
        fault.message,
        "`bench.cold-start@pi5` measured a value of `wall` that is not finite"
    );
    assert_eq!(scene.history.newest(&Selection::default()), Ok(None));
}

/// What the view is for: other programs ask the file in SQL.
#[test]
fn others_can_ask_the_file() {
    let mut scene = Scene::new();
    scene.add("1", &start("pi5", &[1.0, 3.0]));
    scene.add("2", &start("pi5", &[5.0]));
    let other = rusqlite::Connection::open(&scene.path).unwrap();
    let mean: f64 = other
        .query_row(
            "SELECT avg(value) FROM figure WHERE metric = 'wall' AND run = '1'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(mean, 2.0);
}
