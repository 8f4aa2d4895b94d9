//! Counts what all memories and tables of one store take together. wasmtime's own
//! `StoreLimits` counts each memory for itself.

use wasmtime::ResourceLimiter;

/// A limit that a guest ran into; its text is the end of a sentence that begins with `it`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    /// Time of its own.
    #[error("ran longer than {} s (limit: time)", .0.as_secs_f64())]
    Time(std::time::Duration),
    /// Linear memory.
    #[error("wanted more than {} MiB of memory (limit: memory)", .0 >> 20)]
    Memory(usize),
    /// Table elements.
    #[error("wanted tables of more than {0} elements (limit: tables)")]
    Tables(usize),
    /// Questions.
    #[error("asked more than {0} questions in one call (limit: questions)")]
    Questions(usize),
    /// Length of questions.
    #[error("asked more than {} KiB of questions in one call (limit: question size)", .0 >> 10)]
    QuestionBytes(usize),
}

/// What one store has, and what it may have.
#[derive(Debug, Clone)]
pub(crate) struct Resources {
    memory_bytes: usize,
    memory_limit: usize,
    table_elements: usize,
    table_limit: usize,
    memories: usize,
    tables: usize,
    instances: usize,
}

impl Resources {
    /// Nothing taken yet.
    pub fn new(limits: &crate::Limits) -> Self {
        Self {
            memory_bytes: 0,
            memory_limit: limits.memory_bytes,
            table_elements: 0,
            table_limit: limits.table_elements,
            memories: limits.memories,
            tables: limits.tables,
            instances: limits.instances,
        }
    }

    /// Bytes of all memories. They never shrink, so this is also the peak.
    pub fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

/// What is taken in all once one of them grows from `current` to `desired`, within a limit.
fn grown(taken: usize, current: usize, desired: usize, limit: usize) -> Option<usize> {
    let wanted = taken.saturating_add(desired.saturating_sub(current));
    (wanted <= limit).then_some(wanted)
}

impl ResourceLimiter for Resources {
    /// Ends the guest instead of letting `memory.grow` fail: the message can then name
    /// the limit, where a guest's allocator would only abort.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory_bytes = grown(self.memory_bytes, current, desired, self.memory_limit)
            .ok_or(Exceeded::Memory(self.memory_limit))?;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.table_elements = grown(self.table_elements, current, desired, self.table_limit)
            .ok_or(Exceeded::Tables(self.table_limit))?;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}
