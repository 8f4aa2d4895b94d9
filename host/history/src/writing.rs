//! Adds what was measured.

use orch_model::{Fault, Metric, NodeId};
use rusqlite::{Transaction, TransactionBehavior, named_params, params};

use crate::measurement::word;
use crate::selection::Text;
use crate::{Hardware, History, Measurement, Run};

impl History {
    /// Adds a measurement of a run, whole or not at all, and says its number. It is on the disk
    /// when this returns. What is known of the run stays as it was when it was first added.
    pub fn add(&mut self, run: &Run, measurement: &Measurement) -> Result<i64, Fault> {
        check(measurement)?;
        let add = |history: &mut Self| {
            let behavior = TransactionBehavior::Immediate;
            let transaction = history.connection.transaction_with_behavior(behavior)?;
            let number = insert(&transaction, run, measurement)?;
            transaction.commit()?;
            Ok(number)
        };
        add(self).map_err(|error| self.fault("write", &error))
    }
}

/// Values that are no numbers would come back as none.
fn check(measurement: &Measurement) -> Result<(), Fault> {
    let is_odd = |metric: &&Metric| metric.values.iter().any(|value| !value.is_finite());
    match measurement.metrics.iter().find(is_odd) {
        Some(metric) => Err(Fault::internal(format!(
            "`{}` measured a value of `{}` that is not finite",
            measurement.node, metric.name
        ))),
        None => Ok(()),
    }
}

fn insert(
    transaction: &Transaction<'_>,
    run: &Run,
    measurement: &Measurement,
) -> rusqlite::Result<i64> {
    let run = insert_run(transaction, run)?;
    insert_hardware(transaction, &measurement.hardware)?;
    transaction.execute(
        "INSERT INTO measurement (
             run, node, bench, target, artifact, hardware, toolchains, tuning, key, verdict,
             failed, times_count
         ) VALUES (
             :run, :node, :bench, :target, :artifact, :hardware, :toolchains, :tuning, :key,
             :verdict, :failed, :times_count
         )",
        named_params! {
            ":run": run,
            ":node": NodeId::as_str(&measurement.node),
            ":bench": measurement.bench,
            ":target": measurement.target,
            ":artifact": measurement.artifact.map(Text),
            ":hardware": Text(measurement.hardware.fingerprint),
            ":toolchains": measurement.toolchains,
            ":tuning": measurement.tuning.map(Text),
            ":key": Text(measurement.key),
            ":verdict": measurement.verdict,
            ":failed": measurement.failed,
            ":times_count": measurement.times_count,
        },
    )?;
    let number = transaction.last_insert_rowid();
    for metric in &measurement.metrics {
        insert_metric(transaction, number, metric)?;
    }
    Ok(number)
}

fn insert_run(transaction: &Transaction<'_>, run: &Run) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO run (id, time_s, commit_id) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING",
        params![run.id, run.time_s, run.commit],
    )?;
    let sql = "SELECT number FROM run WHERE id = ?1";
    transaction.query_row(sql, [&run.id], |row| row.get(0))
}

/// The words for a machine may have become better since.
fn insert_hardware(transaction: &Transaction<'_>, hardware: &Hardware) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO hardware (fingerprint, summary) VALUES (?1, ?2)
         ON CONFLICT (fingerprint) DO UPDATE SET summary = excluded.summary",
        params![Text(hardware.fingerprint), hardware.summary],
    )
}

fn insert_metric(
    transaction: &Transaction<'_>,
    measurement: i64,
    metric: &Metric,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO metric (measurement, name, unit, better) VALUES (?1, ?2, ?3, ?4)",
        params![measurement, metric.name, metric.unit, word(metric.better)],
    )?;
    let number = transaction.last_insert_rowid();
    let sql = "INSERT INTO sample (metric, position, value) VALUES (?1, ?2, ?3)";
    let mut statement = transaction.prepare(sql)?;
    for (position, value) in (0_i64..).zip(&metric.values) {
        statement.execute(params![number, position, value])?;
    }
    Ok(())
}
