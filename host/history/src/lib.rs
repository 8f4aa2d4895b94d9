//! What was measured before: one SQLite file for each project.
//!
//! It deliberately judges nothing and knows no run: it keeps figures with all that they depend on,
//! and finds those that may be compared. Nothing is ever deleted.
//!
//! # The file
//!
//! | table | a row is |
//! | --- | --- |
//! | `run` | one run of `orch` that measured something |
//! | `hardware` | hardware on which figures can be compared |
//! | `measurement` | one benchmark of one run, with all that it depends on |
//! | `metric` | one of its figures: name, unit, which way it is better |
//! | `sample` | one value of a metric |
//! | `figure` | a view of all of that for people: one row for each value |
//!
//! A sample is a row, rather than a number in a blob or in JSON: so SQLite keeps all of its bits,
//! and everybody can ask with its own words, for example
//! `SELECT run, avg(value) FROM figure WHERE metric = 'wall' GROUP BY run`.
//!
//! # What came before what
//!
//! Rows are numbered in the order in which they were written, and that is the order of the
//! history. Times are kept for people: a machine's clock may be wrong, or set back.
//!
//! # What survives
//!
//! * Each measurement is written in one transaction that reaches the disk before it ends. After a
//!   `kill -9` or a power cut it is there or not, never in part: SQLite rolls it back when the file
//!   is opened next.
//! * Two `orch` at once wait for each other.
//! * The journal is the one that is removed after each transaction, not a write-ahead log. A log
//!   would let people read while others write, which here takes milliseconds. It needs two more
//!   files beside this one, which cannot be made in a folder that is only for reading and must not
//!   lie on a network disk; and whoever copies the one file away would lose what is in the log.

mod baseline;
mod export;
mod fault;
mod history;
mod meaning;
mod measurement;
mod reading;
mod schema;
mod selection;
mod series;
mod writing;

pub use baseline::Baseline;
pub use export::{benchstat, csv, json};
pub use history::History;
pub use meaning::{Kind, Meaning};
pub use measurement::{Hardware, Kept, Measurement, Run};
pub use selection::Selection;
pub use series::Point;
