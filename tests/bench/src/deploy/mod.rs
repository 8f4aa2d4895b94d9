//! The same release onto the same machines, by orch and by Ansible, in turn.

mod entrant;
mod fleet;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use entrant::{Place, Who};
use fleet::Fleet;

use crate::figures::Figures;
use crate::file::create_folder;
use crate::install;
use crate::measure::Sample;
use crate::table::{seconds, significant};

/// Makes the system that the machines boot.
const MAKE_BASE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../machines/make-base.sh");

/// What is measured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Deploys<'a> {
    /// The program `orch`.
    pub orch: &'a Path,
    /// Where peers are installed.
    pub peers: &'a Path,
    /// How many machines; one fleet after the other, growing.
    pub machines: &'a [usize],
    /// Runs of each kind.
    pub runs: usize,
    /// Seconds after which somebody does not deploy once more to the same machines.
    pub patience: f64,
    /// Seconds that one run may take.
    pub limit: f64,
}

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    /// The machines have never seen the service.
    First,
    /// They run the release.
    Nothing,
    /// They run the release before.
    Update,
}

impl Case {
    const ALL: [Case; 3] = [Case::First, Case::Nothing, Case::Update];

    fn title(self) -> &'static str {
        match self {
            Case::First => "First deploy",
            Case::Nothing => "Nothing to do",
            Case::Update => "Another version of the program",
        }
    }
}

/// What runs of one kind took, and what the last one of them sent.
#[derive(Default)]
struct Taken {
    samples: Vec<Sample>,
    sent_bytes: u64,
}

impl Taken {
    /// What all of them took.
    fn seconds(&self) -> f64 {
        self.samples.iter().map(|sample| sample.seconds).sum()
    }
}

type Results = BTreeMap<(Case, usize, Who), Taken>;

impl Deploys<'_> {
    /// Lets both play, and gives the tables. Progress goes to standard error.
    pub fn play(&self) -> Result<String, String> {
        eprintln!("bench: deploys: installing");
        let ansible = install::ansible(self.peers)?;
        install::run(Command::new("sh").args([MAKE_BASE, "--python"]))?;
        let whole = tempfile::Builder::new().prefix("orch-bench-").tempdir();
        let whole = whole.map_err(|error| format!("could not create a folder: {error}"))?;
        // It holds what is compiled of Go's library, for the next time.
        let home = self.peers.join("deploy-home");
        create_folder(&home)?;
        let mut results = Results::new();
        for &count in self.machines {
            let fleet = Fleet::boot(count);
            let place = Place {
                orch: self.orch,
                ansible: &ansible,
                home: &home,
                folder: &whole.path().join(count.to_string()),
                fleet: &fleet,
                limit: self.limit,
            };
            self.play_with(count, &place, &mut results)?;
        }
        Ok(self.tables(&results))
    }

    /// One fleet. What a first run leaves is settled before anything counts.
    fn play_with(
        &self,
        count: usize,
        place: &Place<'_>,
        results: &mut Results,
    ) -> Result<(), String> {
        place.set_up()?;
        for version in ["two", "one"] {
            place.build(version)?;
        }
        place.deploy(Who::Orch, "one")?;
        place.share_unit()?;
        place.fleet.empty();
        place.deploy(Who::Ansible, "one")?;
        for round in 0..self.runs.max(1) {
            for who in Who::ALL {
                let first = results.get(&(Case::First, count, who));
                let spent = first.map_or(0.0, Taken::seconds);
                if round > 0 && spent > self.patience {
                    continue;
                }
                eprintln!(
                    "bench: deploys, {count} machines: {}, round {round}",
                    who.name()
                );
                place.fleet.empty();
                for case in Case::ALL {
                    let version = match case {
                        Case::First | Case::Nothing => "one",
                        Case::Update => "two",
                    };
                    place.build(version)?;
                    let before = place.fleet.received_bytes()?;
                    let sample = place.deploy(who, version)?;
                    place.fleet.check(version)?;
                    let taken = results.entry((case, count, who)).or_default();
                    taken.sent_bytes = place.fleet.received_bytes()? - before;
                    eprintln!("bench: {}: {}", case.title(), seconds(sample.seconds));
                    taken.samples.push(sample);
                }
            }
        }
        Ok(())
    }

    fn tables(&self, results: &Results) -> String {
        let tables = Case::ALL.map(|case| self.table(case, results));
        format!("## Deploys\n\n{}", tables.join("\n"))
    }

    fn table(&self, case: Case, results: &Results) -> String {
        let mut text = format!("### {}\n\n| machines | ", case.title());
        let columns = Who::ALL.map(|who| format!("{} | times orch | sent to each", who.name()));
        text += &columns.join(" | ").replacen(" | times orch", "", 1);
        text += " |\n| ---: | ";
        text += &["---:"; 5].join(" | ");
        text += " |\n";
        for &count in self.machines {
            let median = |who| {
                let taken = results.get(&(case, count, who))?;
                Some((Figures::of(&taken.samples)?, taken.sent_bytes))
            };
            let Some((orch, _)) = median(Who::Orch) else {
                continue;
            };
            let cells = Who::ALL.into_iter().filter_map(|who| {
                let (figures, sent_bytes) = median(who)?;
                let ratio = match who {
                    Who::Orch => String::new(),
                    _ => format!("| {} ", significant(figures.seconds / orch.seconds)),
                };
                let sent = significant(sent_bytes as f64 / count as f64 / 1e6);
                let (least, most) = (figures.least_seconds, figures.most_seconds);
                let (middle, least, most) =
                    (seconds(figures.seconds), seconds(least), seconds(most));
                Some(format!("{middle} ({least} – {most}) {ratio}| {sent} MB"))
            });
            text += &format!("| {count} | {} |\n", cells.collect::<Vec<_>>().join(" | "));
        }
        text
    }
}
