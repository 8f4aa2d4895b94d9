//! What a new measurement is held against.

use orch_model::{Digest, Fault};

use crate::selection::CONDITION;
use crate::{Hardware, History, Kept, Selection};

/// What a new measurement can be held against.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// The newest that is meant, of the same hardware.
    Found(Box<Kept>),
    /// There are some, but all of other hardware: times of two machines cannot be compared. These
    /// machines, the one that measured last first.
    OnlyElsewhere(Vec<Hardware>),
    /// There is none.
    Missing,
}

impl History {
    /// The baseline for a measurement on some hardware, among those that are meant. A selection's
    /// own `hardware` is not looked at.
    ///
    /// For the same benchmark as it was before, select by `node`; to compare with another target
    /// or toolchain, by `bench` and that.
    pub fn baseline(&self, selection: &Selection, hardware: &Digest) -> Result<Baseline, Fault> {
        let anywhere = Selection {
            hardware: None,
            ..selection.clone()
        };
        let here = Selection {
            hardware: Some(*hardware),
            ..anywhere.clone()
        };
        if let Some(kept) = self.newest(&here)? {
            return Ok(Baseline::Found(Box::new(kept)));
        }
        let elsewhere = self.hardware(&anywhere)?;
        Ok(if elsewhere.is_empty() {
            Baseline::Missing
        } else {
            Baseline::OnlyElsewhere(elsewhere)
        })
    }

    /// On which hardware those were taken that are meant, the one that measured last first.
    pub fn hardware(&self, selection: &Selection) -> Result<Vec<Hardware>, Fault> {
        let sql = format!(
            "SELECT hardware.fingerprint, hardware.summary
             FROM measurement
             JOIN run ON run.number = measurement.run
             JOIN hardware ON hardware.fingerprint = measurement.hardware
             WHERE {CONDITION}
             GROUP BY hardware.fingerprint ORDER BY max(measurement.number) DESC"
        );
        let read = || -> rusqlite::Result<Vec<Hardware>> {
            let mut statement = self.connection.prepare(&sql)?;
            selection.with_parameters(|parameters| {
                let found = statement.query_map(parameters, |row| {
                    Ok(Hardware {
                        fingerprint: crate::reading::digest(row, "fingerprint")?,
                        summary: row.get("summary")?,
                    })
                })?;
                found.collect()
            })
        };
        read().map_err(|error| self.fault("read", &error))
    }
}
