//! Gates over values whose answer is known.

use expect_test::expect;
use orch_model::Gate;
use proptest::prelude::*;

use super::*;

fn gate(worse_than: f64) -> Gate {
    Gate {
        metric: "wall".into(),
        worse_than,
        confidence: 0.95,
    }
}

/// Compares by a gate of 5%.
fn compare(baseline: &[f64], candidate: &[f64], better: Better, noise: Noise) -> Comparison {
    let terms = Terms {
        gate: &gate(0.05),
        better,
        noise,
        seed: 1,
    };
    Comparison::of(baseline, candidate, &terms)
}

fn verdict(baseline: &[f64], candidate: &[f64]) -> Verdict {
    compare(baseline, candidate, Better::Less, Noise::Between(0.0)).verdict
}

/// Ten values around one, 1% apart.
fn around(centre: f64) -> Vec<f64> {
    (0..10)
        .map(|step| centre * (0.955 + f64::from(step) / 100.0))
        .collect()
}

#[test]
fn a_comparison_as_a_whole() {
    let comparison = compare(
        &around(100.0),
        &around(120.0),
        Better::Less,
        Noise::Between(0.01),
    );
    expect![[r#"
        {
          "change": {
            "estimate": 0.19999999999999996,
            "interval": {
              "low": 0.1538450870258652,
              "high": 0.24776119402985075
            },
            "standard_error": 0.012435233160621784
          },
          "p": 0.00001082508822446903,
          "effect": 1.0,
          "confidence": 0.95,
          "verdict": {
            "outcome": "fails"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&comparison).unwrap());
}

#[test]
fn what_is_worse_fails_and_what_is_not_holds() {
    assert_eq!(verdict(&around(100.0), &around(120.0)), Verdict::Fails);
    assert_eq!(verdict(&around(100.0), &around(100.0)), Verdict::Holds);
    assert_eq!(verdict(&around(100.0), &around(80.0)), Verdict::Holds);
}

#[test]
fn of_a_throughput_less_is_worse() {
    let compare = |candidate: f64| {
        compare(
            &around(100.0),
            &around(candidate),
            Better::More,
            Noise::Between(0.0),
        )
        .verdict
    };
    assert_eq!(compare(80.0), Verdict::Fails);
    assert_eq!(compare(100.0), Verdict::Holds);
    assert_eq!(compare(120.0), Verdict::Holds);
}

#[test]
fn what_lies_at_the_threshold_is_not_guessed() {
    let Verdict::Inconclusive {
        why,
        samples_needed,
    } = verdict(&around(100.0), &around(103.0))
    else {
        panic!("ten samples cannot tell 3% from 5%");
    };
    assert_eq!(why, Undecided::TooUncertain);
    let needed = samples_needed.unwrap();
    assert!((15..100).contains(&needed), "{needed}");
}

#[test]
fn few_samples_say_how_many_would_do() {
    let few = |count: usize, needed: u32| {
        let found = verdict(&vec![100.0; count], &vec![200.0; count]);
        let why = Undecided::TooFewSamples;
        assert_eq!(found, inconclusive(why, Some(needed)), "{count} samples");
    };
    few(1, 4);
    few(2, 4);
    few(3, 4);
    let found = verdict(&[100.0; 4], &[200.0; 4]);
    assert_eq!(found, Verdict::Fails);
}

#[test]
fn equal_values_hold_if_there_are_enough() {
    assert_eq!(verdict(&[7.0; 4], &[7.0; 4]), Verdict::Holds);
    assert_eq!(
        verdict(&[7.0; 2], &[7.0; 2]),
        inconclusive(Undecided::TooFewSamples, Some(4))
    );
}

#[test]
fn what_is_counted_needs_one_sample() {
    let counted = |baseline: f64, candidate: f64| {
        compare(&[baseline], &[candidate], Better::Less, Noise::Absent).verdict
    };
    assert_eq!(counted(100.0, 100.0), Verdict::Holds);
    assert_eq!(counted(100.0, 105.0), Verdict::Holds);
    assert_eq!(counted(100.0, 106.0), Verdict::Fails);
    assert_eq!(counted(0.0, 0.0), Verdict::Holds);
}

#[test]
fn a_counted_figure_that_varies_is_judged_like_any_other() {
    let found = compare(&[100.0, 130.0], &[140.0], Better::Less, Noise::Absent).verdict;
    let Verdict::Inconclusive { why, .. } = found else {
        panic!("two values that differ were taken as one");
    };
    assert_eq!(why, Undecided::TooFewSamples);
}

#[test]
fn of_nothing_there_is_no_fraction() {
    for baseline in [[0.0; 5], [-1.0; 5], [0.0, 1.0, 2.0, 3.0, 4.0]] {
        let found = compare(&baseline, &[5.0; 5], Better::Less, Noise::Between(0.0));
        assert_eq!(found.change, None);
        assert!(found.p.is_some() && found.effect.is_some());
        assert_eq!(
            found.verdict,
            inconclusive(Undecided::NoRelativeChange, None)
        );
    }
    assert_eq!(verdict(&[0.0; 5], &[0.0; 5]), Verdict::Holds);
    assert_eq!(
        verdict(&[0.0; 2], &[0.0; 2]),
        inconclusive(Undecided::TooFewSamples, Some(4))
    );
}

#[test]
fn without_figures_nothing_is_compared() {
    let found = |baseline: &[f64], candidate: &[f64]| {
        let found = compare(baseline, candidate, Better::Less, Noise::Absent);
        assert_eq!((found.change, found.p, found.effect), (None, None, None));
        found.verdict
    };
    let no_samples = inconclusive(Undecided::NoSamples, None);
    assert_eq!(found(&[], &[1.0]), no_samples);
    assert_eq!(found(&[1.0], &[]), no_samples);
    let no_figures = inconclusive(Undecided::NoFigures, None);
    assert_eq!(found(&[1.0], &[f64::NAN]), no_figures);
    assert_eq!(found(&[f64::INFINITY], &[1.0]), no_figures);
}

/// The machine's two runs of the same thing lie 10% apart: it cannot tell a change of 5%, and no
/// number of samples helps. It can still tell one of 50%.
#[test]
fn a_threshold_below_the_noise_cannot_be_decided() {
    let compare = |candidate: f64| {
        let noise = Noise::Between(0.1);
        compare(&around(100.0), &around(candidate), Better::Less, noise).verdict
    };
    let within = inconclusive(Undecided::WithinNoise, None);
    assert_eq!(compare(100.0), within);
    assert_eq!(compare(110.0), within);
    assert_eq!(compare(150.0), Verdict::Fails);
    assert_eq!(compare(80.0), Verdict::Holds);
}

/// Any value that can stand in a metric, and many that are equal.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 90.0..110.0_f64,
        2 => (-2..3_i32).prop_map(f64::from),
        1 => prop::num::f64::ANY,
        1 => prop::sample::select(vec![1e100, -1e100, 1e-100, f64::NAN, -0.0]),
    ]
}

/// What a gate may say, and what it may not.
fn term() -> impl Strategy<Value = f64> {
    prop_oneof![3 => -0.5..1.1_f64, 1 => prop::num::f64::ANY]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn nothing_that_comes_out_is_no_number(
        baseline in prop::collection::vec(value(), 0..12),
        candidate in prop::collection::vec(value(), 0..12),
        worse_than in term(),
        confidence in term(),
        noise in prop::option::of(term()),
        more in any::<bool>(),
    ) {
        let gate = Gate { confidence, ..gate(worse_than) };
        let better = if more { Better::More } else { Better::Less };
        let noise = noise.map_or(Noise::Absent, Noise::Between);
        let terms = Terms { gate: &gate, better, noise, seed: 3 };
        let found = Comparison::of(&baseline, &candidate, &terms);
        if let Some(change) = found.change {
            let interval = change.interval;
            prop_assert!(interval.low <= interval.high);
            let figures = [interval.low, change.estimate, interval.high, change.standard_error];
            prop_assert!(figures.iter().all(|figure| figure.is_finite()), "{figures:?}");
        }
        prop_assert!(found.p.is_none_or(|p| (0.0..=1.0).contains(&p)));
        prop_assert!(found.effect.is_none_or(|effect| (-1.0..=1.0).contains(&effect)));
    }

    #[test]
    fn neither_the_order_nor_the_unit_of_values_matters(
        mut baseline in prop::collection::vec(90.0..110.0_f64, 4..12),
        mut candidate in prop::collection::vec(90.0..130.0_f64, 4..12),
    ) {
        let found = verdict(&baseline, &candidate);
        baseline.reverse();
        candidate.rotate_left(1);
        prop_assert_eq!(&verdict(&baseline, &candidate), &found);
        // A power of two, so that no digit is lost.
        let in_other_unit = |values: &[f64]| -> Vec<f64> {
            values.iter().map(|value| value * 1024.0).collect()
        };
        let (baseline, candidate) = (in_other_unit(&baseline), in_other_unit(&candidate));
        prop_assert_eq!(&verdict(&baseline, &candidate), &found);
    }

    /// What is surely too slow is so by any laxer judge of slowness, and never good.
    #[test]
    fn a_slower_candidate_is_never_judged_better(
        baseline in prop::collection::vec(90.0..110.0_f64, 4..12),
        candidate in prop::collection::vec(90.0..120.0_f64, 4..12),
    ) {
        let rank = |verdict: Verdict| match verdict {
            Verdict::Holds => 0,
            Verdict::Inconclusive { .. } => 1,
            Verdict::Fails => 2,
        };
        let slower: Vec<f64> = candidate.iter().map(|value| value * 1.1).collect();
        prop_assert!(rank(verdict(&baseline, &candidate)) <= rank(verdict(&baseline, &slower)));
    }
}
