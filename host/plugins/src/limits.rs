//! How much a plugin may take of the host. What happens when it takes more is said where
//! each limit is kept.

use std::time::Duration;

/// What a plugin may take. Each call starts with all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one call may compute; waiting for answers to questions does not count.
    pub call_time: Duration,
    /// Bytes of all linear memories together.
    pub memory_bytes: usize,
    /// Linear memories.
    pub memories: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Tables.
    pub tables: usize,
    /// Core instances.
    pub instances: usize,
    /// Bytes of the WebAssembly stack.
    pub stack_bytes: usize,
    /// Bytes that cross from the plugin to the host at once: the result of a call, or the
    /// arguments of one question or log line.
    pub result_bytes: usize,
    /// Questions in one call.
    pub questions: usize,
    /// Bytes of all questions of one call together.
    pub question_bytes: usize,
    /// Log lines of one call.
    pub log_lines: usize,
    /// Bytes of one log line; the rest is cut.
    pub log_line_bytes: usize,
    /// Bytes of a component.
    pub component_bytes: usize,
    /// How long one component may take to compile.
    pub compile_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_time: Duration::from_secs(10),
            memory_bytes: 256 << 20,
            memories: 16,
            table_elements: 1 << 20,
            tables: 64,
            instances: 128,
            stack_bytes: 512 << 10,
            result_bytes: 16 << 20,
            questions: 10_000,
            question_bytes: 4 << 20,
            log_lines: 1_000,
            log_line_bytes: 4 << 10,
            component_bytes: 64 << 20,
            compile_time: Duration::from_secs(60),
        }
    }
}
