//! Which machines come when. Pure: positions in a list of machines, nothing else.

use orch_model::{FleetHost, Share, Wave};

/// The machines in the order of the labels, and else in that of the fleet: positions.
pub(crate) fn order(hosts: &[FleetHost], labels: &[String]) -> Vec<usize> {
    let rank = |position: &usize| {
        let mut ranks = labels.iter();
        let has = |label: &String| hosts[*position].labels.contains(label);
        ranks.position(has).unwrap_or(labels.len())
    };
    let mut order: Vec<usize> = (0..hosts.len()).collect();
    order.sort_by_key(rank);
    order
}

/// Which machines each wave adds, as positions; waves that add none are left out, and what the
/// last leaves over is one more.
pub(crate) fn cut(hosts: &[FleetHost], order: &[usize], waves: &[Wave]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = order.to_vec();
    let mut cut = Vec::new();
    for wave in waves {
        let taken: Vec<usize> = match wave {
            Wave::Share(share) => {
                let reached = at_least(*share, hosts.len());
                let done = hosts.len() - left.len();
                left.iter()
                    .copied()
                    .take(reached.saturating_sub(done))
                    .collect()
            }
            Wave::Label(label) => {
                let has = |position: &usize| hosts[*position].labels.contains(label);
                left.iter().copied().filter(has).collect()
            }
        };
        left.retain(|position| !taken.contains(position));
        cut.push(taken);
    }
    cut.push(left);
    cut.retain(|wave| !wave.is_empty());
    cut
}

/// So many of a fleet, rounded up: a wave of 1 % of 10 machines is one.
fn at_least(share: Share, hosts: usize) -> usize {
    match share {
        Share::Count(count) => (count as usize).min(hosts),
        Share::Fraction(fraction) => ((fraction * hosts as f64).ceil() as usize).min(hosts),
    }
}

/// So many of a fleet, rounded down: of 10 machines, 5 % may not fail.
pub(crate) fn at_most(share: Share, hosts: usize) -> usize {
    match share {
        Share::Count(count) => count as usize,
        Share::Fraction(fraction) => (fraction * hosts as f64).floor() as usize,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn host(name: &str, labels: &[&str]) -> FleetHost {
        FleetHost {
            name: name.into(),
            address: "local".into(),
            target: "here".into(),
            labels: labels.iter().map(|&label| label.into()).collect(),
            variables: Default::default(),
            host_key: None,
        }
    }

    fn fleet(count: usize) -> Vec<FleetHost> {
        (0..count)
            .map(|number| host(&number.to_string(), &[]))
            .collect()
    }

    #[test]
    fn one_some_all() {
        let hosts = fleet(10);
        let waves = [
            Wave::Share(Share::Count(1)),
            Wave::Share(Share::Fraction(0.25)),
            Wave::Share(Share::Fraction(1.0)),
        ];
        let cut = cut(&hosts, &order(&hosts, &[]), &waves);
        let sizes: Vec<_> = cut.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 2, 7]);
    }

    #[test]
    fn labels_come_first_and_can_be_waves() {
        let hosts = [
            host("a", &[]),
            host("b", &["lab"]),
            host("c", &["canary", "lab"]),
        ];
        let labels = ["canary".to_owned(), "lab".to_owned()];
        let order = order(&hosts, &labels);
        assert_eq!(order, [2, 1, 0]);
        assert_eq!(
            cut(&hosts, &order, &[Wave::Label("lab".into())]),
            [vec![2, 1], vec![0]]
        );
    }

    #[test]
    fn a_share_that_may_fail_is_rounded_down() {
        assert_eq!(at_most(Share::Fraction(0.1), 9), 0);
        assert_eq!(at_most(Share::Fraction(0.1), 10), 1);
        assert_eq!(at_most(Share::Count(2), 1), 2);
    }

    proptest! {
        #[test]
        fn every_machine_has_one_wave(
            count in 0_usize..40,
            shares in proptest::collection::vec(0.0_f64..1.0, 0..5),
        ) {
            let hosts = fleet(count);
            let waves: Vec<_> = shares
                .into_iter()
                .map(|share| Wave::Share(Share::Fraction(share)))
                .collect();
            let mut all: Vec<_> = cut(&hosts, &order(&hosts, &[]), &waves).concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }
}
