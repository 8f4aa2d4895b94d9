//! Finds measurements and reads them whole.

use orch_model::{Better, Digest, DigestError, Fault, Metric, NodeId};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, ToSql};

use crate::measurement::word;
use crate::selection::CONDITION;
use crate::{Hardware, History, Kept, Measurement, Run, Selection};

/// Begins every query of measurements; the columns as [`without_metrics`] reads them.
const MEASUREMENTS: &str = "
    SELECT measurement.*, run.id AS id, run.time_s AS time_s, run.commit_id AS commit_id,
        hardware.summary AS summary
    FROM measurement
    JOIN run ON run.number = measurement.run
    JOIN hardware ON hardware.fingerprint = measurement.hardware";

impl History {
    /// All that are meant, oldest first.
    pub fn measurements(&self, selection: &Selection) -> Result<Vec<Kept>, Fault> {
        let sql = format!("{MEASUREMENTS} WHERE {CONDITION} ORDER BY measurement.number");
        selection.with_parameters(|parameters| self.query(&sql, parameters))
    }

    /// The newest that is meant.
    pub fn newest(&self, selection: &Selection) -> Result<Option<Kept>, Fault> {
        let sql =
            format!("{MEASUREMENTS} WHERE {CONDITION} ORDER BY measurement.number DESC LIMIT 1");
        let found = selection.with_parameters(|parameters| self.query(&sql, parameters))?;
        Ok(found.into_iter().next())
    }

    /// Reads the measurements of a query, as of one moment.
    fn query(&self, sql: &str, parameters: &[(&str, &dyn ToSql)]) -> Result<Vec<Kept>, Fault> {
        let read = || {
            let transaction = self.connection.unchecked_transaction()?;
            let mut statement = transaction.prepare(sql)?;
            let mut kept = statement
                .query_map(parameters, without_metrics)?
                .collect::<Result<Vec<Kept>, Error>>()?;
            for kept in &mut kept {
                kept.measurement.metrics = metrics(&transaction, kept.number)?;
            }
            Ok(kept)
        };
        read().map_err(|error| self.fault("read", &error))
    }
}

fn without_metrics(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        number: row.get("number")?,
        run: Run {
            id: row.get("id")?,
            time_s: row.get("time_s")?,
            commit: row.get("commit_id")?,
        },
        measurement: Measurement {
            node: node(row)?,
            bench: row.get("bench")?,
            target: row.get("target")?,
            artifact: optional_digest(row, "artifact")?,
            hardware: Hardware {
                fingerprint: digest(row, "hardware")?,
                summary: row.get("summary")?,
            },
            toolchains: row.get("toolchains")?,
            tuning: optional_digest(row, "tuning")?,
            key: digest(row, "key")?,
            verdict: row.get("verdict")?,
            failed: row.get("failed")?,
            times_count: row.get("times_count")?,
            metrics: Vec::new(),
        },
    })
}

fn metrics(connection: &Connection, measurement: i64) -> rusqlite::Result<Vec<Metric>> {
    let mut statement = connection.prepare(
        "SELECT number, name, unit, better FROM metric WHERE measurement = ?1 ORDER BY number",
    )?;
    let metrics = statement.query_map([measurement], |row| {
        let better: String = row.get("better")?;
        Ok(Metric {
            name: row.get("name")?,
            unit: row.get("unit")?,
            better: if better == word(Better::More) {
                Better::More
            } else {
                Better::Less
            },
            values: values(connection, row.get("number")?)?,
        })
    })?;
    metrics.collect()
}

fn values(connection: &Connection, metric: i64) -> rusqlite::Result<Vec<f64>> {
    let sql = "SELECT value FROM sample WHERE metric = ?1 ORDER BY position";
    let mut statement = connection.prepare(sql)?;
    let values = statement.query_map([metric], |row| row.get(0))?;
    values.collect()
}

/// A node's name is any text, so it is read as its serialised form.
fn node(row: &Row<'_>) -> rusqlite::Result<NodeId> {
    let text: String = row.get("node")?;
    serde_json::from_value(text.into()).map_err(|error| unread(row, "node", error))
}

pub(crate) fn digest(row: &Row<'_>, column: &str) -> rusqlite::Result<Digest> {
    let text: String = row.get(column)?;
    text.parse()
        .map_err(|error: DigestError| unread(row, column, error))
}

fn optional_digest(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Digest>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse())
        .transpose()
        .map_err(|error: DigestError| unread(row, column, error))
}

fn unread(
    row: &Row<'_>,
    column: &str,
    error: impl std::error::Error + Send + Sync + 'static,
) -> Error {
    let index = row.as_ref().column_index(column).unwrap_or_default();
    Error::FromSqlConversionFailure(index, Type::Text, Box::new(error))
}
