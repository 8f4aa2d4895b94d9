//! On which CPUs to run what is measured, so that it meets others as little as possible. Only
//! chooses: setting the mask is the work of whoever starts the process.

use std::cmp::Reverse;

use crate::conditions::{Core, CpuSet, Topology};

/// CPUs to run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinning {
    /// As many as were wanted.
    pub cpus: CpuSet,
    /// Whether the scheduler puts nothing else there by itself.
    pub are_isolated: bool,
    /// The other CPUs of the same cores: what runs there meanwhile slows these down.
    pub neighbours: CpuSet,
}

/// On which CPUs what runs; wherever the scheduler puts it if there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seats {
    /// What is measured.
    pub(crate) measured: Vec<u32>,
    /// What asks it meanwhile.
    pub(crate) others: Vec<u32>,
}

impl Seats {
    /// For a program that is to have so many CPUs of its own, if it is; else why it cannot.
    pub(crate) fn of(topology: &Topology, wanted: Option<u32>) -> Result<Self, String> {
        let Some(wanted) = wanted else {
            return Ok(Self::default());
        };
        let usable = &topology.usable;
        let Some(pinning) = choose_cpus(topology, wanted as usize) else {
            return Err(format!(
                "{wanted} CPUs of its own are wanted, and {} may be used, of which one at least is \
                 left to everything else: it ran wherever the scheduler put it; ask for fewer `cpus`",
                usable.len()
            ));
        };
        let others = usable.without(&pinning.cpus).without(&topology.isolated);
        Ok(Self {
            measured: pinning.cpus.iter().collect(),
            others: others.iter().collect(),
        })
    }
}

/// Chooses `wanted` CPUs. One is an isolated one if there is any. Several are ordinary ones: between
/// isolated ones the kernel moves no thread, so that all of a program would stay on the first
/// (Documentation/admin-guide/kernel-parameters.txt, `isolcpus=`).
///
/// One of each core while there are cores, since two CPUs of one core slow each other down. Of the
/// cores, first those of which everything may be used here, then the fastest where they differ,
/// then the last: the first serves most interrupts, and what the system starts early. None where
/// no CPU would be left to everything else: there, the scheduler does better without being told.
pub fn choose_cpus(topology: &Topology, wanted: usize) -> Option<Pinning> {
    if wanted == 0 {
        return None;
    }
    let isolated = &topology.isolated;
    if wanted == 1 && !isolated.is_empty() {
        return Some(pinning(topology, pick(topology, isolated, wanted), true));
    }
    let ordinary = topology.usable.without(isolated);
    (wanted < ordinary.len()).then(|| pinning(topology, pick(topology, &ordinary, wanted), false))
}

/// `wanted` of `allowed`, which has at least as many.
fn pick(topology: &Topology, allowed: &CpuSet, wanted: usize) -> CpuSet {
    let mut cores: Vec<&Core> = topology.cores.iter().rev().collect();
    cores.sort_by_key(|core| Reverse((core.cpus.is_subset(allowed), core.capacity)));
    let of_cores: Vec<Vec<u32>> = cores
        .iter()
        .map(|core| core.cpus.common(allowed).iter().collect())
        .collect();
    let most = of_cores.iter().map(Vec::len).max().unwrap_or_default();
    let in_turns = (0..most).flat_map(|turn| {
        let of_turn = move |cpus: &Vec<u32>| cpus.get(turn).copied();
        of_cores.iter().filter_map(of_turn)
    });
    in_turns.take(wanted).collect()
}

fn pinning(topology: &Topology, cpus: CpuSet, are_isolated: bool) -> Pinning {
    let is_shared = |core: &&Core| !core.cpus.common(&cpus).is_empty();
    let cores = topology.cores.iter().filter(is_shared);
    let neighbours = cores.flat_map(|core| core.cpus.iter()).collect::<CpuSet>();
    Pinning {
        neighbours: neighbours.without(&cpus),
        cpus,
        are_isolated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cores by their CPUs, all of which may be used.
    fn topology(cores: &[&str], isolated: &str) -> Topology {
        let cores: Vec<Core> = cores
            .iter()
            .map(|cpus| Core {
                cpus: cpus.parse().unwrap(),
                capacity: None,
            })
            .collect();
        let isolated: CpuSet = isolated.parse().unwrap();
        let all: CpuSet = cores.iter().flat_map(|core| core.cpus.iter()).collect();
        Topology {
            cores,
            usable: all.without(&isolated),
            isolated,
            is_known: true,
        }
    }

    #[track_caller]
    fn check(topology: &Topology, wanted: usize, cpus: &str, neighbours: &str) {
        let pinning = choose_cpus(topology, wanted).expect("there are enough");
        assert_eq!(pinning.cpus.to_string(), cpus);
        assert_eq!(pinning.neighbours.to_string(), neighbours);
    }

    #[test]
    fn the_last_cores_are_taken() {
        let four = topology(&["0", "1", "2", "3"], "");
        check(&four, 1, "3", "");
        check(&four, 3, "1-3", "");
    }

    #[test]
    fn something_is_left_to_everything_else() {
        assert_eq!(choose_cpus(&topology(&["0"], ""), 1), None);
        assert_eq!(choose_cpus(&topology(&["0", "1"], ""), 2), None);
        assert_eq!(choose_cpus(&topology(&["0", "1"], ""), 0), None);
    }

    #[test]
    fn one_cpu_of_each_core_while_there_are_cores() {
        let four = topology(&["0,4", "1,5", "2,6", "3,7"], "");
        check(&four, 1, "3", "7");
        check(&four, 4, "0-3", "4-7");
        check(&four, 5, "0-3,7", "4-6");
    }

    #[test]
    fn one_isolated_cpu_comes_first_and_several_are_never_taken() {
        let four = topology(&["0", "1", "2", "3", "4"], "1-2");
        let pinning = choose_cpus(&four, 1).unwrap();
        assert!(pinning.are_isolated);
        assert_eq!(pinning.cpus.to_string(), "2");
        check(&four, 2, "3-4", "");
        assert_eq!(choose_cpus(&four, 3), None);
    }

    #[test]
    fn who_asks_a_service_runs_on_the_other_cpus() {
        let four = topology(&["0", "1", "2", "3"], "1");
        let seats = Seats::of(&four, Some(1)).unwrap();
        assert_eq!((seats.measured, seats.others), (vec![1], vec![0, 2, 3]));
        assert_eq!(Seats::of(&four, None).unwrap(), Seats::default());
        let why = Seats::of(&four, Some(3)).unwrap_err();
        assert!(
            why.starts_with("3 CPUs of its own are wanted, and 3 may be used"),
            "{why}"
        );
    }

    #[test]
    fn a_core_that_is_shared_with_others_comes_last() {
        let mut four = topology(&["0,1", "2,3", "4,5"], "");
        four.usable = "0-4".parse().unwrap();
        check(&four, 1, "2", "3");
        check(&four, 3, "0,2,4", "1,3,5");
    }

    #[test]
    fn the_fastest_core_comes_first() {
        let mut three = topology(&["0", "1", "2"], "");
        for (core, capacity) in three.cores.iter_mut().zip([400, 1024, 400]) {
            core.capacity = Some(capacity);
        }
        check(&three, 1, "1", "");
        check(&three, 2, "1-2", "");
    }
}
