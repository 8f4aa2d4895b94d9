//! What is wrong with a request, said so that the user can put it right.

use crate::{Error, Problem, Refusal};

impl Problem {
    /// Something that is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            setting: None,
            hint: None,
        }
    }

    /// A value that is wrong, and why: "`a b` is no tag". The rest of a long one is left out.
    pub fn value(value: &str, why: &str) -> Self {
        let shown: String = value.chars().take(80).collect();
        Self::new(format!("`{}` {why}", shown.escape_debug()))
    }

    /// With the setting at fault, e.g. `cpu` or `flags[2]`; the user's file is shown there.
    pub fn at(mut self, setting: impl Into<String>) -> Self {
        self.setting = Some(setting.into());
        self
    }

    /// With what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[cfg(not(target_family = "wasm"))]
impl Error {
    /// How a person reads it, with a line for each problem: for tests.
    pub fn text(&self) -> String {
        let problem = |problem: &Problem| {
            let setting = problem.setting.as_deref().unwrap_or_default();
            format!("{setting}: {}\n", problem.message)
        };
        match self {
            Error::Invalid(problems) => problems.iter().map(problem).collect(),
            Error::Unsupported(text) => format!("unsupported: {text}\n"),
            Error::Failed(text) => format!("failed: {text}\n"),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Error::Invalid(vec![problem])
    }
}

impl Error {
    /// All problems at once, or nothing if there are none.
    pub fn if_any(problems: Vec<Problem>) -> Result<(), Error> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(problems))
        }
    }
}

impl Refusal {
    /// The refusal as the end of a sentence that begins with what was asked, e.g. "the
    /// release index" + " " + "is not granted".
    pub fn reason(&self) -> String {
        match self {
            Refusal::Denied => "is not granted to this plugin".to_owned(),
            Refusal::Absent => "does not exist".to_owned(),
            Refusal::Offline => "needs the network, and `orch` is offline".to_owned(),
            Refusal::Failed(reason) => format!("could not be had: {reason}"),
        }
    }

    /// The refusal as the error of a plugin that can't go on without `what`.
    pub fn of(&self, what: &str) -> Error {
        Error::Failed(format!("{what} {}", self.reason()))
    }
}
