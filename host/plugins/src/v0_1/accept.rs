//! The contract's values as the model's: what a plugin hands to the host. Nothing of it is
//! trusted. Paths, digests and the like are parsed here; whether the parts of a value fit
//! each other is looked at in `review`, which no version of the contract changes.

use orch_model::{
    Action, Advice, Archive, ArchiveFormat, Artifact, Build, Digest, DigestError, Machine,
    MachineProgram, Memory, Offer, Part, PluginId, Problem, RelativePath, Requirement, Root,
    Runner, SandboxPath, Target, TargetRunner, TextFile, Tool, Toolchain, Tweak, Variable, Word,
};

use super::bindings::{target_platform, toolchain_source, tuning_policy, types};
use crate::failure::{Breach, Said};
use crate::shown;

use target_platform::exports::orch::plugin::target_platform as platform;
use toolchain_source::exports::orch::plugin::toolchain_source as source;
use tuning_policy::exports::orch::plugin::tuning_policy as policy;

/// Bytes of a text that is shown to a person.
const TEXT_BYTES: usize = 16 << 10;
/// Problems that a plugin may report at once.
const PROBLEMS: usize = 1_000;

/// Takes a value, or says what is wrong with it: the end of a sentence that begins with
/// the plugin and ends with the value.
pub(crate) type Accepted<T> = Result<T, Breach>;

pub(super) fn all<T, U>(values: Vec<T>, one: impl Fn(T) -> Accepted<U>) -> Accepted<Vec<U>> {
    values.into_iter().map(one).collect()
}

pub(super) fn relative(what: &str, text: &str) -> Accepted<RelativePath> {
    RelativePath::new(text).map_err(|error| {
        Breach(format!(
            "named the {what} `{}`, which {}",
            shown::value(&error.text),
            error.reason
        ))
    })
}

pub(crate) fn path(path: types::Path) -> Accepted<SandboxPath> {
    let relative = relative("path", &path.relative)?;
    Ok(SandboxPath {
        root: match path.root {
            types::Root::Source => Root::Source,
            types::Root::Output => Root::Output,
            types::Root::Scratch => Root::Scratch,
            types::Root::Tool(name) => Root::Tool(name),
            types::Root::Artifact(name) => Root::Artifact(name),
            types::Root::Cache(name) => Root::Cache(name),
        },
        relative,
    })
}

pub(super) fn word(parts: Vec<types::Part>) -> Accepted<Word> {
    let part = |part| {
        Ok(match part {
            types::Part::Text(text) => Part::Text(text),
            types::Part::Path(place) => Part::Path(path(place)?),
        })
    };
    all(parts, part).map(Word)
}

pub(super) fn variable(variable: types::Variable) -> Accepted<Variable> {
    Ok(Variable {
        name: variable.name,
        value: word(variable.value)?,
    })
}

pub(crate) fn machine(machine: types::Machine) -> Machine {
    Machine {
        triple: machine.triple,
        cpu: machine.cpu,
        features: machine.features,
        cores: machine.cores,
        memory_bytes: machine.memory_bytes,
        page_bytes: machine.page_bytes,
        numa_nodes: machine.numa_nodes,
        memories: machine.memories.into_iter().map(memory).collect(),
    }
}

fn memory(memory: types::Memory) -> Memory {
    Memory {
        name: memory.name,
        origin: memory.origin,
        bytes: memory.bytes,
    }
}

/// A build; the names in `caches` will belong to `owner`.
pub(crate) fn build(build: types::Build, owner: &PluginId) -> Accepted<Build> {
    Ok(Build {
        actions: all(build.actions, |one| action(one, owner))?,
        artifacts: all(build.artifacts, artifact)?,
    })
}

pub(super) fn action(action: types::Action, owner: &PluginId) -> Accepted<Action> {
    Ok(Action {
        name: action.name,
        program: Word(vec![Part::Path(path(action.program)?)]),
        arguments: all(action.arguments, word)?,
        environment: all(action.environment, variable)?,
        directory: path(action.directory)?,
        inputs: action.inputs,
        files: all(action.files, text_file)?,
        outputs: all(action.outputs, path)?,
        caches: action.caches,
        cache_owner: owner.to_string(),
        network: action.network,
        after: action.after,
        // Found by `review` in what the action names.
        tools: Vec::new(),
        runner: Runner::Native,
        timeout_ms: None,
        cacheable: true,
    })
}

pub(crate) fn artifact(artifact: types::Artifact) -> Accepted<Artifact> {
    Ok(Artifact {
        name: relative("artifact", &artifact.name)?,
        path: path(artifact.path)?,
        executable: artifact.executable,
    })
}

pub(crate) fn toolchain(toolchain: source::Toolchain) -> Accepted<Toolchain> {
    Ok(Toolchain {
        version: toolchain.version,
        archives: all(toolchain.archives, archive)?,
        files: all(toolchain.files, text_file)?,
        programs: all(toolchain.programs, machine_program)?,
        tools: all(toolchain.tools, |tool| {
            Ok(Tool {
                program: relative("program", &tool.program)?,
                name: tool.name,
            })
        })?,
        environment: all(toolchain.environment, variable)?,
        sysroot: toolchain
            .sysroot
            .map(|path| relative("sysroot", &path))
            .transpose()?,
    })
}

fn text_file(file: types::TextFile) -> Accepted<TextFile> {
    Ok(TextFile {
        paths: all(file.paths, |path| relative("file", &path))?,
        text: file.text,
        executable: file.executable,
    })
}

fn machine_program(program: source::FoundProgram) -> Accepted<MachineProgram> {
    Ok(MachineProgram {
        name: program.name,
        digest: digest("a program", &program.digest)?,
    })
}

fn digest(whose: &str, text: &str) -> Accepted<Digest> {
    text.parse().map_err(|error: DigestError| {
        Breach(format!(
            "gave {whose} a wrong digest: {}",
            shown::value(&error.to_string())
        ))
    })
}

fn archive(archive: source::Archive) -> Accepted<Archive> {
    Ok(Archive {
        digest: digest("an archive", &archive.digest)?,
        urls: archive.urls,
        bytes: archive.bytes,
        format: match archive.format {
            source::ArchiveFormat::TarGz => ArchiveFormat::TarGz,
            source::ArchiveFormat::TarXz => ArchiveFormat::TarXz,
            source::ArchiveFormat::TarZst => ArchiveFormat::TarZst,
            source::ArchiveFormat::Zip => ArchiveFormat::Zip,
            source::ArchiveFormat::Deb => ArchiveFormat::Deb,
            source::ArchiveFormat::Raw => ArchiveFormat::Raw,
        },
        strip_components: archive.strip_components,
        into: relative("directory", &archive.into)?,
        exclude: archive.exclude,
    })
}

pub(crate) fn offer(offer: types::Offer) -> Offer {
    Offer {
        name: offer.name,
        summary: shown::line(&offer.summary, TEXT_BYTES),
    }
}

pub(crate) fn target(target: platform::Target) -> Target {
    Target {
        machine: machine(target.machine),
        environment: target
            .environment
            .into_iter()
            .map(|pair| (pair.name, pair.value))
            .collect(),
        static_link: target.static_link,
        runner: match target.runner {
            platform::Runner::None => TargetRunner::None,
            platform::Runner::Emulator(command) => TargetRunner::Emulator(command),
            platform::Runner::EmbeddedWasm => TargetRunner::EmbeddedWasm,
        },
        requirements: target.requirements.into_iter().map(requirement).collect(),
    }
}

fn requirement(requirement: platform::Requirement) -> Requirement {
    match requirement {
        platform::Requirement::KernelAtLeast(version) => Requirement::KernelAtLeast(version),
        platform::Requirement::GlibcAtLeast(version) => Requirement::GlibcAtLeast(version),
        platform::Requirement::PageBytes(sizes) => Requirement::PageBytes(sizes),
        platform::Requirement::CpuFeatures(features) => Requirement::CpuFeatures(features),
        platform::Requirement::MemoryBytesAtLeast(bytes) => Requirement::MemoryBytesAtLeast(bytes),
    }
}

/// Advice that the policy of this name gave.
pub(crate) fn advice(advice: policy::Advice, policy: &str) -> Advice {
    Advice {
        policy: policy.to_owned(),
        tweak: match advice.tweak {
            types::Tweak::BuildFlag(types::Flag { slot, value }) => {
                Tweak::BuildFlag { slot, value }
            }
            types::Tweak::BuildVariable(types::Pair { name, value }) => {
                Tweak::BuildVariable { name, value }
            }
            types::Tweak::RuntimeVariable(types::Pair { name, value }) => {
                Tweak::RuntimeVariable { name, value }
            }
            types::Tweak::ServiceDirective(types::Pair { name, value }) => {
                Tweak::ServiceDirective { name, value }
            }
            types::Tweak::KernelParameter(types::Pair { name, value }) => {
                Tweak::KernelParameter { name, value }
            }
        },
        reason: shown::line(&advice.reason, TEXT_BYTES),
        reference: advice
            .reference
            .map(|reference| shown::line(&reference, TEXT_BYTES)),
    }
}

/// The plugin's own refusal.
pub(crate) fn error(error: types::Error) -> Said {
    match error {
        types::Error::Invalid(problems) => Said::Invalid(
            problems
                .into_iter()
                .take(PROBLEMS)
                .map(|problem| Problem {
                    message: shown::text(&problem.message, TEXT_BYTES),
                    setting: problem.setting.map(|setting| shown::value(&setting)),
                    hint: problem.hint.map(|hint| shown::text(&hint, TEXT_BYTES)),
                })
                .collect(),
        ),
        types::Error::Unsupported(text) => Said::Unsupported(shown::text(&text, TEXT_BYTES)),
        types::Error::Failed(text) => Said::Failed(shown::text(&text, TEXT_BYTES)),
    }
}
