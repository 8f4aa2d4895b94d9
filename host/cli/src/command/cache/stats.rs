//! `orch cache stats`: what lies in the cache, and what it takes.

use orch_report::{Table, human_bytes};
use orch_store::Tally;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::stop::Stop;

use super::disk;

/// One kind of thing in the cache.
struct Row {
    what: String,
    tally: Tally,
    /// What it would take if nothing were compressed, where that is another number.
    content_bytes: Option<u64>,
}

pub fn stats(environment: Environment, console: &Console) -> Result<Exit, Stop> {
    let house = House::open(environment, None, true, console)?;
    let rows = rows(&house)?;
    if let Some(json) = console.json() {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "what": row.what, "count": row.tally.count, "bytes": row.tally.bytes,
                    "content_bytes": row.content_bytes.unwrap_or(row.tally.bytes),
                })
            })
            .collect();
        json.list("cache", &rows);
        return Ok(Exit::Done);
    }
    let mut table = Table::new(["what", "count", "on disk", "content"])
        .right(1)
        .right(2)
        .right(3);
    for row in &rows {
        table.row([
            row.what.as_str(),
            &row.tally.count.to_string(),
            &human_bytes(row.tally.bytes),
            &row.content_bytes.map(human_bytes).unwrap_or_default(),
        ]);
    }
    console.print(&table.render(console.style()));
    Ok(Exit::Done)
}

fn rows(house: &House) -> Result<Vec<Row>, Stop> {
    let survey = house.store.survey()?;
    let row = |what: &str, tally| Row {
        what: what.to_owned(),
        tally,
        content_bytes: None,
    };
    let mut rows = vec![Row {
        content_bytes: Some(survey.content_bytes),
        ..row("blobs", survey.blobs)
    }];
    for (kind, tally) in &survey.records {
        rows.push(row(&format!("records: {kind}"), *tally));
    }
    let mut toolchains = Tally::default();
    for release in house.fetcher.list_installed()? {
        toolchains.add(release.tree.bytes);
    }
    rows.push(row("toolchains", toolchains));
    let cache = &house.environment.cache;
    rows.push(row(
        "compiled plugins",
        disk::tally(&cache.join("compiled")),
    ));
    rows.push(row("kept directories", disk::tally(&cache.join("caches"))));
    rows.push(row("quarantine", survey.quarantine));
    Ok(rows)
}
