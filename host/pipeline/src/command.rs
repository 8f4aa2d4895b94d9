//! A program with its arguments, as a pipeline writes it: a list, never a shell line. Who runs it
//! is not known here.

use serde_json::{Value as Json, json};

use orch_model::{Diagnostic, Spanned};

use crate::problems::Problems;
use crate::shape::{At, Reader, Shape};
use crate::syntax::Node;
use crate::text::{TemplateText, WordText};

/// What only a shell understands.
const SHELL: [char; 12] = ['"', '\'', '\\', '|', '&', ';', '<', '>', '$', '*', '`', '('];

/// A word of a command: what it may hold differs.
pub(crate) trait Word: Shape {
    /// The word as it stands there.
    fn text(self) -> String;
}

impl Word for TemplateText {
    fn text(self) -> String {
        self.0
    }
}

impl Word for WordText {
    fn text(self) -> String {
        self.0
    }
}

/// Program and arguments.
#[derive(Debug)]
pub(crate) struct CommandText<W>(pub Vec<Spanned<W>>);

impl<W: Word> Shape for CommandText<W> {
    fn wanted() -> String {
        Vec::<Spanned<W>>::wanted()
    }

    fn wanted_many() -> String {
        Vec::<Spanned<W>>::wanted_many()
    }

    fn read(node: &Node<'_>, at: At<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if let Some(line) = node.get_ref().as_str() {
            let hint = match line.contains(SHELL) {
                true => "name the shell if you want one: `[\"sh\", \"-c\", \"…\"]`".to_owned(),
                false => {
                    let words = line.split_whitespace().take(20);
                    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
                    format!("write `[{}]`", words.join(", "))
                }
            };
            let message = format!("{at} must be a list, never a shell line");
            reader
                .problems
                .add(Diagnostic::error(message, node.span()).hint(hint));
            return None;
        }
        Vec::read(node, at, reader).map(Self)
    }

    fn schema() -> Json {
        let mut schema = Vec::<Spanned<W>>::schema();
        schema["minItems"] = json!(1);
        schema
    }
}

/// The words of a command. Complains about one without a program.
pub(crate) fn words<W: Word>(
    wanting: &str,
    command: Spanned<CommandText<W>>,
    problems: &mut Problems,
) -> Spanned<Vec<Spanned<String>>> {
    let command = command.map(|words| -> Vec<_> {
        let words = words.0.into_iter();
        words.map(|word| word.map(Word::text)).collect()
    });
    let program = command.first();
    if program.is_none_or(|program| program.is_empty()) {
        let span = program.map_or(&command.span, |program| &program.span);
        problems.add(
            Diagnostic::error(format!("{wanting} names no program"), span.clone())
                .hint("the first word of `command` is the program"),
        );
    }
    command
}
