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
        let wanted = self
            .memory_bytes
            .saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_limit {
            return Err(Exceeded::Memory(self.memory_limit).into());
        }
        self.memory_bytes = wanted;
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
        let wanted = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        if wanted > self.table_limit {
            return Err(Exceeded::Tables(self.table_limit).into());
        }
        self.table_elements = wanted;
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
