//! What samples prove: a summary of one set of values, and the verdict of a gate over two.
//!
//! Everything here is pure. It knows neither clocks nor processes, and takes its randomness from a
//! seed that the caller keeps with the result, so that a verdict can be computed again.
//!
//! | file | owns |
//! | --- | --- |
//! | `figure.rs` | which values can be computed with |
//! | `order.rs` | medians of weighted values, the deviation from them |
//! | `resample.rs` | the bootstrap: what the same measurement would have given another time |
//! | `ranks.rs` | the Mann-Whitney test and Cliff's delta |
//! | `ratios.rs` | how many times a baseline's value a candidate's is |
//! | `histogram.rs`, `summary.rs` | one set of values in a few figures |
//! | `change.rs`, `demand.rs` | two sets: the change, and what a gate asks of it |
//! | `samples_needed.rs` | how many samples would decide |
//! | `comparison.rs`, `verdict.rs` | the rule, and what comes of it |

mod change;
mod comparison;
mod demand;
mod figure;
mod histogram;
mod order;
mod ranks;
mod ratios;
mod resample;
mod samples_needed;
mod summary;
mod verdict;

pub use change::RelativeChange;
pub use comparison::Comparison;
pub use demand::{Noise, Terms};
pub use histogram::Histogram;
pub use resample::Interval;
pub use summary::Summary;
pub use verdict::{Undecided, Verdict};
