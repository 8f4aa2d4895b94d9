//! Measurements in the formats of other programs. All of these are pure: rows in, text out.

mod benchstat;
mod csv;
mod json;

pub use benchstat::benchstat;
pub use csv::csv;
pub use json::json;
