//! A world for unit tests: what it answers is said beforehand, what it was asked is
//! written down. It exists everywhere but inside a component.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::{Machine, MachineProgram, Path, Refusal, RegistryFile, Sample, VersionArgument};

/// A fake of the host's facts. What it was not told does not exist.
#[derive(Debug)]
pub struct Facts {
    machine: Machine,
    answers: BTreeMap<String, Result<Answer, Refusal>>,
    offline: bool,
    questions: RefCell<Vec<String>>,
}

#[derive(Clone, Debug)]
enum Answer {
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<String>),
    File(RegistryFile),
    Program(MachineProgram),
    Sample(Sample),
}

impl Default for Facts {
    fn default() -> Self {
        Self::new()
    }
}

impl Facts {
    /// A world that knows nothing but its own machine, a Linux host on x86_64.
    pub fn new() -> Self {
        Self {
            machine: Machine::of("x86_64-unknown-linux-gnu"),
            answers: BTreeMap::new(),
            offline: false,
            questions: RefCell::default(),
        }
    }

    /// On another host.
    pub fn host(mut self, machine: Machine) -> Self {
        self.machine = machine;
        self
    }

    /// Without a network: every question that needs one is refused.
    pub fn offline(mut self) -> Self {
        self.offline = true;
        self
    }

    /// With an environment variable.
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.answer(format!("variable {name}"), Answer::Text(value.to_owned()))
    }

    /// With a file below `source`. Patterns are not matched: see [`Facts::glob`].
    pub fn file(self, relative: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.answer(
            format!("read source/{relative}"),
            Answer::Bytes(contents.into()),
        )
    }

    /// With what a pattern matches.
    pub fn glob(self, pattern: &str, files: &[&str]) -> Self {
        self.answer(format!("glob {pattern}"), Answer::List(owned(files)))
    }

    /// With a document behind a URL.
    pub fn document(self, url: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.answer(format!("download {url}"), Answer::Bytes(contents.into()))
    }

    /// With a package and its versions, newest first.
    pub fn package(self, name: &str, versions: &[&str]) -> Self {
        self.answer(format!("versions {name}"), Answer::List(owned(versions)))
    }

    /// With the file of a package for every machine with this triple.
    pub fn package_file(self, name: &str, version: &str, triple: &str, file: RegistryFile) -> Self {
        self.answer(
            format!("file {name} {version} {triple}"),
            Answer::File(file),
        )
    }

    /// With a program on `PATH` that says this of itself. Its digest is made of its name.
    pub fn program(self, name: &str, argument: VersionArgument, said: &str) -> Self {
        let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
        let found = MachineProgram {
            said: said.to_owned(),
            digest: format!("sha256:{digits:0<64}"),
        };
        self.answer(
            format!("program {name} {argument:?}"),
            Answer::Program(found),
        )
    }

    /// With what a tool gives back, e.g. `tool/go/bin/go list`.
    pub fn run(self, command: &str, sample: Sample) -> Self {
        self.answer(format!("run {command}"), Answer::Sample(sample))
    }

    /// Refusing a question, written as [`Facts::questions`] gives it back.
    pub fn refusing(mut self, question: &str, refusal: Refusal) -> Self {
        self.answers.insert(question.to_owned(), Err(refusal));
        self
    }

    /// All that was asked so far, in order, e.g. `download https://go.dev/dl/`.
    pub fn questions(&self) -> Vec<String> {
        self.questions.borrow().clone()
    }

    fn answer(mut self, question: String, answer: Answer) -> Self {
        self.answers.insert(question, Ok(answer));
        self
    }

    fn ask(&self, question: String, network: bool) -> Result<Answer, Refusal> {
        self.questions.borrow_mut().push(question.clone());
        if network && self.offline {
            return Err(Refusal::Offline);
        }
        self.answers
            .get(&question)
            .cloned()
            .unwrap_or(Err(Refusal::Absent))
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

impl crate::Facts for Facts {
    fn host_machine(&self) -> Machine {
        self.machine.clone()
    }

    fn variable(&self, name: &str) -> Result<String, Refusal> {
        match self.ask(format!("variable {name}"), false)? {
            Answer::Text(text) => Ok(text),
            other => unreachable!("a variable is text, not {other:?}"),
        }
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, Refusal> {
        match self.ask(format!("read {}", path.text()), false)? {
            Answer::Bytes(bytes) => Ok(bytes),
            other => unreachable!("a file is bytes, not {other:?}"),
        }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, Refusal> {
        match self.ask(format!("glob {pattern}"), false)? {
            Answer::List(list) => Ok(list),
            other => unreachable!("a pattern gives a list, not {other:?}"),
        }
    }

    fn download(&self, url: &str) -> Result<Vec<u8>, Refusal> {
        match self.ask(format!("download {url}"), true)? {
            Answer::Bytes(bytes) => Ok(bytes),
            other => unreachable!("a document is bytes, not {other:?}"),
        }
    }

    fn package_versions(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.ask(format!("versions {name}"), true)? {
            Answer::List(list) => Ok(list),
            other => unreachable!("versions are a list, not {other:?}"),
        }
    }

    fn package_file(
        &self,
        name: &str,
        version: &str,
        machine: &Machine,
    ) -> Result<RegistryFile, Refusal> {
        match self.ask(format!("file {name} {version} {}", machine.triple), true)? {
            Answer::File(file) => Ok(file),
            other => unreachable!("a package's file is no {other:?}"),
        }
    }

    fn program(&self, name: &str, argument: VersionArgument) -> Result<MachineProgram, Refusal> {
        match self.ask(format!("program {name} {argument:?}"), false)? {
            Answer::Program(found) => Ok(found),
            other => unreachable!("a program is no {other:?}"),
        }
    }

    fn run(&self, tool: &Path, arguments: &[String]) -> Result<Sample, Refusal> {
        let command = std::iter::once(tool.text())
            .chain(arguments.iter().cloned())
            .collect::<Vec<_>>()
            .join(" ");
        match self.ask(format!("run {command}"), false)? {
            Answer::Sample(sample) => Ok(sample),
            other => unreachable!("a run gives a sample, not {other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Facts as _, source, tool};

    #[test]
    fn it_answers_what_it_was_told_and_writes_down_what_it_was_asked() {
        let facts = Facts::new()
            .file("go.mod", "module agent\n")
            .variable("LANG", "C")
            .refusing("run tool/go/bin/go env", Refusal::Denied);
        assert_eq!(facts.read(&source("go.mod")).unwrap(), b"module agent\n");
        assert_eq!(crate::Facts::variable(&facts, "LANG").unwrap(), "C");
        assert_eq!(facts.read(&source("go.sum")), Err(Refusal::Absent));
        assert_eq!(
            crate::Facts::run(&facts, &tool("go", "bin/go"), &["env".to_owned()]),
            Err(Refusal::Denied)
        );
        assert_eq!(
            facts.questions(),
            [
                "read source/go.mod",
                "variable LANG",
                "read source/go.sum",
                "run tool/go/bin/go env"
            ]
        );
    }

    #[test]
    fn offline_it_refuses_what_needs_the_network() {
        let facts = Facts::new().document("https://example.org/", "x").offline();
        assert_eq!(
            facts.download("https://example.org/"),
            Err(Refusal::Offline)
        );
    }
}
