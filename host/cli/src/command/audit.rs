//! `orch audit`: who deployed what, when and where, and whether somebody has touched that log.

use std::path::Path;

use orch_deploy::{Audit, Entry};
use orch_report::{Table, human_minute};

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::project::Project;
use crate::stop::Stop;

pub fn audit(
    environment: &Environment,
    pipeline: &Path,
    verify: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let project = Project::open(environment, pipeline)?;
    let audit = Audit::of(&project.folder);
    if verify {
        return match audit.verify()? {
            Ok(count) => {
                console.print(&format!("{count} entries, each as it was written\n"));
                Ok(Exit::Done)
            }
            Err(tampered) => {
                console.print(&format!("entry {}: {}\n", tampered.line, tampered.why));
                Ok(Exit::ActionFailed)
            }
        };
    }
    let entries = audit.entries()?;
    match console.json() {
        Some(json) => {
            let rows = entries
                .iter()
                .map(|entry| serde_json::to_value(entry).expect("it has a JSON form"));
            json.list("audit", &rows.collect::<Vec<_>>());
        }
        None if entries.is_empty() => console.say("nothing was deployed from here yet"),
        None => console.print(&table(&entries).render(console.style())),
    }
    Ok(Exit::Done)
}

/// What ended, and what was begun last.
fn table(entries: &[Entry]) -> Table {
    let mut table = Table::new([
        "time", "by", "action", "deploy", "commit", "outcome", "machines",
    ]);
    for (position, entry) in entries.iter().enumerate() {
        let is_last = position + 1 == entries.len();
        if entry.outcome == "began" && !is_last && entries[position + 1].outcome != "began" {
            continue; // How it ended stands in the next line.
        }
        let changed = entry.hosts.iter().filter(|host| host.from != host.to);
        let changed = changed.map(|host| {
            let to = host.to.as_deref().unwrap_or("none");
            format!("{}: {to}", host.name)
        });
        let changed: Vec<_> = changed.collect();
        table.row([
            human_minute(entry.at as i64),
            entry.by.clone(),
            entry.action.clone(),
            entry.deploy.clone(),
            entry
                .commit
                .as_deref()
                .unwrap_or_default()
                .chars()
                .take(12)
                .collect(),
            entry.outcome.clone(),
            match changed.is_empty() {
                true => "none changed".to_owned(),
                false => changed.join(", "),
            },
        ]);
    }
    table
}
