//! The whole way from text to pipeline: syntax, shapes, then what belongs together. Each
//! step has a file of its own; here is only their order.

use orch_model::{Diagnostic, Pipeline, Severity, SourceText};

use crate::problems::Problems;
use crate::raw::RawPipeline;
use crate::resolve;
use crate::shape::Reader;
use crate::syntax;
use crate::table::Table;

/// The version of the format that is read.
pub(crate) const VERSION: u64 = 1;

/// What came of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The pipeline; `Some` if and only if no diagnostic is an error.
    pub pipeline: Option<Pipeline>,
    /// What there is to say about the text, in its order: at most a hundred, and a count.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a pipeline file. Every problem is found, not just the first one.
pub fn parse(source: &SourceText) -> Parsed {
    let mut reader = Reader {
        text: &source.text,
        problems: Problems::default(),
    };
    let pipeline = pipeline(source, &mut reader);
    let diagnostics = reader.problems.finish();
    let sound = diagnostics.iter().all(|d| d.severity != Severity::Error);
    Parsed {
        pipeline: pipeline.filter(|_| sound),
        diagnostics,
    }
}

fn pipeline(source: &SourceText, reader: &mut Reader<'_>) -> Option<Pipeline> {
    let table = syntax::document(&source.text, &mut reader.problems)?;
    if table.is_empty() {
        reader
            .problems
            .add(Diagnostic::error("the pipeline is empty", 0..0).hint(
                "it needs `version = 1`, a `name`, and a `[build.…]` or `[task.…]`; \
                 `orch init` writes one to start from",
            ));
        return None;
    }
    if let Some(diagnostic) = other_version(&table) {
        // A later version may mean other things by every key: nothing else is said.
        reader.problems = Problems::default();
        reader.problems.add(diagnostic);
        return None;
    }
    let raw = RawPipeline::read_table(&table, "", 0..0, reader);
    Some(resolve::pipeline(raw, source, &mut reader.problems))
}

fn other_version(table: &toml::de::DeTable<'_>) -> Option<Diagnostic> {
    let node = table.get("version")?;
    let digits = node.get_ref().as_integer()?;
    let version = i128::from_str_radix(digits.as_str(), digits.radix());
    if version == Ok(VERSION.into()) {
        return None;
    }
    let message = format!("the pipeline has version {digits}, which this program does not read");
    Some(Diagnostic::error(message, node.span()).hint(format!(
        "it reads version {VERSION}; a newer `orch` may read others"
    )))
}
