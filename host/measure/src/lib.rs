//! Takes samples and says what they prove: in which order, on how quiet a machine, and by which
//! statistics.
//!
//! It deliberately starts no process itself and knows no plugin, terminal or file format: samples
//! come from the engine's executor, and what they are of is the caller's affair.

mod statistics;

pub use statistics::{
    Comparison, Histogram, Interval, Noise, RelativeChange, Summary, Terms, Undecided, Verdict,
};
