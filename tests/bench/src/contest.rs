//! One shape: all tools, growing sizes, each state, in turn.

use std::collections::BTreeMap;

use crate::figures::{Absence, Figures, Results};
use crate::file::settle_disk;
use crate::graph::{Graph, Shape};
use crate::measure::Sample;
use crate::state::State;
use crate::tool::{Site, Tool};

/// What is compared, and for how long.
#[derive(Clone, Debug)]
pub struct Contest<'a> {
    /// Who takes part, orch first.
    pub tools: &'a [Tool],
    /// How many tasks, growing.
    pub sizes: &'a [usize],
    /// In which states.
    pub states: &'a [State],
    /// Runs of each kind.
    pub runs: usize,
    /// Seconds after which a tool does not run once more for the same figure.
    pub patience: f64,
    /// Seconds that one run may take.
    pub limit: f64,
}

/// A tool with its folder for one size.
struct Entrant<'a> {
    tool: &'a Tool,
    site: Site,
    /// Whether it has been run twice, so that what a first run leaves is settled.
    settled: bool,
    /// By state, what its runs took.
    samples: BTreeMap<State, Vec<Sample>>,
    /// Why it is out.
    out: Option<String>,
}

impl Contest<'_> {
    /// Lets everybody play. Progress goes to standard error.
    pub fn play(&self, shape: Shape) -> Results {
        let mut results = Results {
            shape,
            names: self.tools.iter().map(|tool| tool.peer.name).collect(),
            figures: BTreeMap::new(),
            absences: Vec::new(),
        };
        for &size in self.sizes {
            self.play_size(size, &mut results);
        }
        results
    }

    fn play_size(&self, size: usize, results: &mut Results) {
        let graph = Graph::new(results.shape, size);
        let mut entrants = Vec::new();
        for tool in self.tools {
            if results
                .absences
                .iter()
                .any(|one| one.name == tool.peer.name)
            {
                continue;
            }
            eprintln!(
                "bench: {} {size}: writing for {}",
                results.shape, tool.peer.name
            );
            let entered = self
                .foresee(tool, size, results)
                .and_then(|()| tool.set_up(&graph));
            match entered {
                Ok(site) => entrants.push(Entrant {
                    tool,
                    site,
                    settled: false,
                    samples: BTreeMap::new(),
                    out: None,
                }),
                Err(why) => {
                    eprintln!("bench: {} is left out: {why}", tool.peer.name);
                    results.leave_out(tool, size, why);
                }
            }
        }
        for &state in self.states {
            self.play_state(state, &graph, results.shape, &mut entrants);
        }
        for entrant in entrants {
            let name = entrant.tool.peer.name;
            for (state, samples) in &entrant.samples {
                if let Some(figures) = Figures::of(samples) {
                    results.figures.insert((*state, name, size), figures);
                }
            }
            if let Some(why) = entrant.out {
                results.leave_out(entrant.tool, size, why);
            }
        }
    }

    /// Every round everybody has a turn, so that a busy moment of the machine hits all.
    fn play_state(&self, state: State, graph: &Graph, shape: Shape, entrants: &mut [Entrant<'_>]) {
        eprintln!(
            "bench: {shape} {}: {}",
            graph.len(),
            state.title().to_lowercase()
        );
        for round in 0..self.runs.max(1) {
            for entrant in &mut *entrants {
                let samples = entrant.samples.entry(state).or_default();
                let spent: f64 = samples.iter().map(|sample| sample.seconds).sum();
                if entrant.out.is_some() || (round > 0 && spent > self.patience) {
                    continue;
                }
                if let Err(why) = self.turn(state, graph, entrant, round) {
                    eprintln!("bench: {} is out: {why}", entrant.tool.peer.name);
                    entrant.out = Some(why);
                }
            }
        }
    }

    fn turn(
        &self,
        state: State,
        graph: &Graph,
        entrant: &mut Entrant<'_>,
        round: usize,
    ) -> Result<(), String> {
        if state != State::Cold && !entrant.settled {
            for _ in 0..2 {
                self.run(graph, entrant)?;
            }
            entrant.settled = true;
        }
        state.prepare(entrant.tool, graph, &entrant.site, round)?;
        settle_disk(&entrant.site.graph)?;
        let sample = self.run(graph, entrant)?;
        entrant.samples.entry(state).or_default().push(sample);
        Ok(())
    }

    /// One run, whose result is looked at: a wrong one is not a time.
    fn run(&self, graph: &Graph, entrant: &Entrant<'_>) -> Result<Sample, String> {
        let Entrant { tool, site, .. } = entrant;
        let sample = tool.run(site, self.limit).map_err(|why| {
            let words = site.last_words();
            match words.is_empty() {
                true => why,
                false => format!("{why}; it said: {words}"),
            }
        })?;
        tool.peer.layout.check(graph.len(), &site.graph)?;
        Ok(sample)
    }

    /// An error if the tool cannot but take longer than it may: it took so long for a smaller
    /// graph that even growing with it would be too much.
    fn foresee(&self, tool: &Tool, size: usize, results: &Results) -> Result<(), String> {
        let name = tool.peer.name;
        let known = |state: &State| results.line(*state, name, crate::figures::Quantity::Time);
        let last = self.states.iter().filter_map(|state| known(state).pop());
        let longest = last.max_by(|left, right| left.1.total_cmp(&right.1));
        match longest {
            Some((tasks, seconds)) if seconds * size as f64 / tasks > self.limit => Err(format!(
                "it took {seconds:.0} s for {tasks} tasks, and one run may take {:.0} s",
                self.limit
            )),
            _ => Ok(()),
        }
    }
}

impl Results {
    fn leave_out(&mut self, tool: &Tool, tasks: usize, why: String) {
        let name = tool.peer.name;
        self.absences.push(Absence { name, tasks, why });
    }
}
