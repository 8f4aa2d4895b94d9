//! What was measured before: one SQLite file for each project.
//!
//! It deliberately judges nothing and knows no run: it keeps figures with all that they depend on,
//! and finds those that may be compared.
