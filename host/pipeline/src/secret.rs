//! `[secret.N]`: where a text comes from that deploys may name and nobody may see. What it is is
//! never known here.

use serde_json::{Value as Json, json};

use orch_model::{Diagnostic, Name, RelativePath, SecretSource, SecretTable, Span, Spanned};

use crate::command::{self, CommandText};
use crate::problems::Problems;
use crate::shape::{Complaint, FromText};
use crate::syntax::shorten;
use crate::table::table;
use crate::text::WordText;

table! {
    /// A text that `${secret.N}` stands for in a `[deploy.…]` table: exactly one of its keys says where it comes from.
    RawSecret {
        /// A variable of the environment of `orch`.
        environment: Spanned<VariableText> = "environment";
        /// A file that holds it, below the pipeline's folder or absolute; a newline at its end does not count.
        file: Spanned<SecretFileText> = "file";
        /// A program that prints it, with its arguments; a newline at its end does not count.
        command: Spanned<CommandText<WordText>> = "command";
    }
}

/// What a secret can come from, for messages.
const SOURCES: &str = "`environment`, `file` and `command`";

/// The name of a variable of the environment.
#[derive(Debug)]
pub(crate) struct VariableText(String);

impl FromText for VariableText {
    const WANTED: &'static str = "the name of a variable";
    const WANTED_MANY: &'static str = "names of variables";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = |first: char| first.is_ascii_alphabetic() || first == '_';
        match text.starts_with(begins) && text.chars().all(plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(Complaint::of_key(format!("cannot be `{}`", shorten(text)))
                .hint("write the variable's name alone, as in `environment = \"DB_PASSWORD\"`")),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" })
    }
}

/// A file below the pipeline's folder, or an absolute one.
#[derive(Debug)]
pub(crate) struct SecretFileText(String);

impl FromText for SecretFileText {
    const WANTED: &'static str = "a path";
    const WANTED_MANY: &'static str = "paths";

    fn from_text(text: &str) -> Result<Self, Complaint> {
        let path = WordText::from_text(text)?.0;
        let below = path.strip_prefix('/').unwrap_or(&path);
        let is_file = RelativePath::new(below).is_ok_and(|path| !path.is_root());
        match is_file && !path.starts_with('~') {
            true => Ok(Self(path)),
            false => Err(
                Complaint::of_key(format!("names `{}`, which is no file", shorten(&path)))
                    .hint("a path is below the pipeline's folder, or absolute: nothing stands for the home folder"),
            ),
        }
    }
}

/// The table, if it says where the secret comes from.
pub(crate) fn secret(name: Name, raw: RawSecret, problems: &mut Problems) -> Option<SecretTable> {
    let wanting = format!("secret `{}`", shorten(&name));
    let mut sources: Vec<Spanned<SecretSource>> = Vec::new();
    let environment = raw.environment;
    sources.extend(environment.map(|text| text.map(|text| SecretSource::Environment(text.0))));
    sources.extend(
        raw.file
            .map(|text| text.map(|text| SecretSource::File(text.0))),
    );
    sources.extend(raw.command.map(|command| {
        let words = command::words(&wanting, command, problems);
        words.map(|words| SecretSource::Command(words.into_iter().map(|word| word.value).collect()))
    }));
    sources.sort_by_key(|source| source.span.start);
    let spans: Vec<Span> = sources.iter().map(|source| source.span.clone()).collect();
    match spans.as_slice() {
        [_] => {}
        [] => {
            // What is there and wrong was complained about already.
            if raw.unreadable.is_empty() && !raw.unknown {
                let message = format!("{wanting} comes from nowhere");
                let hint =
                    format!("give it one of {SOURCES}, as in `environment = \"DB_PASSWORD\"`");
                problems.add(Diagnostic::error(message, raw.header).hint(hint));
            }
        }
        [first, others @ ..] => {
            let message = format!("{wanting} comes from {} places", spans.len());
            let mut problem = Diagnostic::error(message, first.clone());
            for other in others {
                problem = problem.also(other.clone(), "and from here");
            }
            problems.add(problem.hint(format!("keep one of {SOURCES}")));
        }
    }
    let source = sources.into_iter().next()?.value;
    Some(SecretTable { name, source })
}
