//! What one run of a process gave back.

use crate::{Counter, Sample};

impl Sample {
    /// A run that printed this, ended with 0 and took no time. Where tests begin.
    pub fn printing(text: impl Into<Vec<u8>>) -> Self {
        Self {
            exit_code: 0,
            stdout: text.into(),
            stderr: Vec::new(),
            wall_ns: 0,
            user_ns: 0,
            system_ns: 0,
            peak_rss_bytes: 0,
            counters: Vec::new(),
        }
    }

    /// With a figure of the kernel's.
    pub fn counting(mut self, name: impl Into<String>, value: u64) -> Self {
        self.counters.push(Counter {
            name: name.into(),
            value,
        });
        self
    }

    /// A figure of the kernel's by its name; not every machine has every one.
    pub fn counter(&self, name: &str) -> Option<u64> {
        let mut counters = self.counters.iter();
        let found = counters.find(|counter| counter.name == name)?;
        Some(found.value)
    }
}
