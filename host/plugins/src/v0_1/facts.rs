//! What a plugin imports: `facts` and `log`, turned into questions and lines. Whether a
//! question may be asked is decided in `call`.

use orch_model::{Answer, LogLevel, Question, Refusal, VersionArgument};
use wasmtime::component::{HasData, Linker};

use super::bindings::base::Base;
use super::bindings::{facts, log, types};
use super::{accept, give};
use crate::call::CallState;
use crate::failure::{Breach, HostFault};

/// Gives a linker `facts`, `log` and `types`.
pub(crate) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    struct OfCall;
    impl HasData for OfCall {
        type Data<'a> = &'a mut CallState;
    }
    Base::add_to_linker::<_, OfCall>(linker, |state| state)
}

impl types::Host for CallState {}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warning => LogLevel::Warning,
        };
        self.log(level, &message);
        Ok(())
    }
}

/// The answer in the shape that a question of the contract wants.
macro_rules! asked {
    ($state:expr, $question:expr, $shape:pat => $answer:expr) => {{
        let question = $question;
        match $state.ask(question.clone())? {
            Ok($shape) => Ok(Ok($answer)),
            Ok(_) => Err(HostFault(format!("{question} got an answer of another shape")).into()),
            Err(refusal) => Ok(Err(refused(refusal))),
        }
    }};
}

impl facts::Host for CallState {
    fn host_machine(&mut self) -> wasmtime::Result<types::Machine> {
        match self.ask(Question::HostMachine)? {
            Ok(Answer::Machine(machine)) => Ok(give::machine(&machine)),
            _ => Err(HostFault("the host machine is not known".to_owned()).into()),
        }
    }

    fn variable(&mut self, name: String) -> wasmtime::Result<Result<String, facts::Refusal>> {
        asked!(self, Question::Variable(name), Answer::Text(text) => text)
    }

    fn read(&mut self, path: types::Path) -> wasmtime::Result<Result<Vec<u8>, facts::Refusal>> {
        let path = accept::path(path)?;
        if path.root != orch_model::Root::Source {
            return Err(Breach(format!(
                "asked to read `{path}`; only files below `source` can be read"
            ))
            .into());
        }
        asked!(self, Question::Read(path.relative), Answer::Bytes(bytes) => bytes)
    }

    fn glob(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<String>, facts::Refusal>> {
        crate::permission::check_pattern(&pattern)
            .map_err(|why| Breach(format!("asked for files, but {why}")))?;
        asked!(self, Question::Glob(pattern), Answer::List(files) => self.keep_granted(files))
    }

    fn download(&mut self, url: String) -> wasmtime::Result<Result<Vec<u8>, facts::Refusal>> {
        asked!(self, Question::Download(url), Answer::Bytes(bytes) => bytes)
    }

    fn package_versions(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Vec<String>, facts::Refusal>> {
        asked!(self, Question::PackageVersions(name), Answer::List(versions) => versions)
    }

    fn package_file(
        &mut self,
        name: String,
        version: String,
        for_machine: types::Machine,
    ) -> wasmtime::Result<Result<facts::RegistryFile, facts::Refusal>> {
        let question = Question::PackageFile {
            name,
            version,
            machine: accept::machine(for_machine),
        };
        asked!(self, question, Answer::PackageFile(file) => give::package_file(file))
    }

    fn program(
        &mut self,
        name: String,
        argument: facts::VersionArgument,
    ) -> wasmtime::Result<Result<facts::MachineProgram, facts::Refusal>> {
        let argument = match argument {
            facts::VersionArgument::DoubleDash => VersionArgument::DoubleDash,
            facts::VersionArgument::Dash => VersionArgument::Dash,
            facts::VersionArgument::Word => VersionArgument::Word,
            facts::VersionArgument::Capital => VersionArgument::Capital,
        };
        crate::permission::check_program(&name)
            .map_err(|why| Breach(format!("asked for a program, but {why}")))?;
        let question = Question::Program { name, argument };
        asked!(self, question, Answer::Program(found) => give::program(found))
    }

    fn run(
        &mut self,
        tool: types::Path,
        arguments: Vec<String>,
    ) -> wasmtime::Result<Result<types::Sample, facts::Refusal>> {
        let question = Question::Run {
            tool: accept::path(tool)?,
            arguments,
        };
        asked!(self, question, Answer::Sample(sample) => give::sample(sample))
    }
}

fn refused(refusal: Refusal) -> facts::Refusal {
    match refusal {
        Refusal::Denied => facts::Refusal::Denied,
        Refusal::Absent => facts::Refusal::Absent,
        Refusal::Offline => facts::Refusal::Offline,
        Refusal::Failed(why) => facts::Refusal::Failed(why),
    }
}
