//! The model's values as the contract's: what the host hands to a plugin. All of it is
//! the host's own, so nothing is checked.

use orch_engine::port::{AdviceRequest, BuildRequest, DeployRequest, FinishRequest, ProbeRequest};
use orch_model::{
    Artifact, Counter, InstalledToolchain, Machine, Memory, Observation, PackageFile, Part,
    ProgramFacts, Root, Sample, SandboxPath, Target, Tool, Tweak, Variable, Word,
};

use super::bindings::{
    benchmark_probe, builder, deployer, facts, target_platform, tuning_policy, types,
};

pub(crate) fn machine(machine: &Machine) -> types::Machine {
    types::Machine {
        triple: machine.triple.clone(),
        cpu: machine.cpu.clone(),
        features: machine.features.clone(),
        cores: machine.cores,
        memory_bytes: machine.memory_bytes,
        page_bytes: machine.page_bytes,
        numa_nodes: machine.numa_nodes,
        memories: machine.memories.iter().map(memory).collect(),
    }
}

fn memory(memory: &Memory) -> types::Memory {
    types::Memory {
        name: memory.name.clone(),
        origin: memory.origin,
        bytes: memory.bytes,
    }
}

fn artifact(artifact: &Artifact) -> types::Artifact {
    types::Artifact {
        name: artifact.name.as_str().to_owned(),
        path: path(&artifact.path),
        executable: artifact.executable,
    }
}

pub(crate) fn path(path: &SandboxPath) -> types::Path {
    types::Path {
        root: match &path.root {
            Root::Source => types::Root::Source,
            Root::Output => types::Root::Output,
            Root::Scratch => types::Root::Scratch,
            Root::Tool(name) => types::Root::Tool(name.clone()),
            Root::Artifact(name) => types::Root::Artifact(name.clone()),
            Root::Cache(name) => types::Root::Cache(name.clone()),
        },
        relative: path.relative.as_str().to_owned(),
    }
}

fn word(word: &Word) -> Vec<types::Part> {
    word.0
        .iter()
        .map(|part| match part {
            Part::Text(text) => types::Part::Text(text.clone()),
            Part::Path(place) => types::Part::Path(path(place)),
        })
        .collect()
}

fn variable(variable: &Variable) -> types::Variable {
    types::Variable {
        name: variable.name.clone(),
        value: word(&variable.value),
    }
}

fn tool(tool: &Tool) -> types::Tool {
    types::Tool {
        name: tool.name.clone(),
        program: tool.program.as_str().to_owned(),
    }
}

fn toolchain(installed: &InstalledToolchain) -> types::InstalledToolchain {
    let toolchain = &installed.toolchain;
    types::InstalledToolchain {
        name: installed.name.clone(),
        version: toolchain.version.clone(),
        recipe: toolchain.recipe().to_string(),
        tools: toolchain.tools.iter().map(tool).collect(),
        environment: toolchain.environment.iter().map(variable).collect(),
        sysroot: toolchain
            .sysroot
            .as_ref()
            .map(|path| path.as_str().to_owned()),
    }
}

fn pair(name: &str, value: &str) -> types::Pair {
    types::Pair {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// What a target sets for builders.
fn target_environment(target: &Target) -> Vec<types::Pair> {
    let variables = target.environment.iter();
    variables.map(|(name, value)| pair(name, value)).collect()
}

fn tweak(tweak: &Tweak) -> types::Tweak {
    match tweak {
        Tweak::BuildFlag { slot, value } => types::Tweak::BuildFlag(types::Flag {
            slot: slot.clone(),
            value: value.clone(),
        }),
        Tweak::BuildVariable { name, value } => types::Tweak::BuildVariable(pair(name, value)),
        Tweak::RuntimeVariable { name, value } => types::Tweak::RuntimeVariable(pair(name, value)),
        Tweak::ServiceDirective { name, value } => {
            types::Tweak::ServiceDirective(pair(name, value))
        }
        Tweak::KernelParameter { name, value } => types::Tweak::KernelParameter(pair(name, value)),
    }
}

pub(crate) fn observation(
    seen: &Observation,
) -> target_platform::exports::orch::plugin::target_platform::Observation {
    target_platform::exports::orch::plugin::target_platform::Observation {
        facts: seen
            .facts()
            .map(|(name, value)| pair(name, value))
            .collect(),
    }
}

pub(crate) fn build_request(
    request: &BuildRequest,
) -> builder::exports::orch::plugin::builder::Request {
    builder::exports::orch::plugin::builder::Request {
        unit: request.unit.clone(),
        settings: request.settings.clone(),
        directory: request.directory.as_str().to_owned(),
        toolchain: toolchain(&request.toolchain),
        tools: request.tools.iter().map(toolchain).collect(),
        host: machine(&request.host),
        target: machine(&request.target.machine),
        target_environment: target_environment(&request.target),
        static_link: request.target.static_link,
        tweaks: request.tweaks.iter().map(tweak).collect(),
    }
}

pub(crate) fn finish_request(
    request: &FinishRequest,
) -> target_platform::exports::orch::plugin::target_platform::FinishRequest {
    target_platform::exports::orch::plugin::target_platform::FinishRequest {
        name: request.platform.clone(),
        settings: request.settings.clone(),
        artifact: artifact(&request.artifact),
        tools: request.tools.iter().map(toolchain).collect(),
    }
}

pub(crate) fn advice_request(
    request: &AdviceRequest,
) -> tuning_policy::exports::orch::plugin::tuning_policy::Request {
    tuning_policy::exports::orch::plugin::tuning_policy::Request {
        settings: request.settings.clone(),
        builder: request.builder.clone(),
        toolchain: toolchain(&request.toolchain),
        tools: request.tools.iter().map(toolchain).collect(),
        target: machine(&request.target),
        static_link: request.static_link,
    }
}

pub(crate) fn probe_request(
    request: &ProbeRequest,
) -> benchmark_probe::exports::orch::plugin::benchmark_probe::Request {
    benchmark_probe::exports::orch::plugin::benchmark_probe::Request {
        unit: request.unit.clone(),
        settings: request.settings.clone(),
        directory: request.directory.as_str().to_owned(),
        toolchain: toolchain(&request.toolchain),
        tools: request.tools.iter().map(toolchain).collect(),
        host: machine(&request.host),
        target: machine(&request.target.machine),
        target_environment: target_environment(&request.target),
        artifacts: request.artifacts.iter().map(artifact).collect(),
    }
}

pub(crate) fn deploy_request(
    request: &DeployRequest,
) -> deployer::exports::orch::plugin::deployer::Request {
    use deployer::exports::orch::plugin::deployer::{Request, Shipped};
    let artifacts = request.artifacts.iter().map(|artifact| Shipped {
        name: artifact.name.as_str().to_owned(),
        executable: artifact.executable,
    });
    Request {
        unit: request.unit.clone(),
        settings: request.settings.clone(),
        project: request.project.clone(),
        build: request.build.clone(),
        target_name: request.target_name.clone(),
        target: machine(&request.target),
        artifacts: artifacts.collect(),
        tweaks: request.tweaks.iter().map(tweak).collect(),
    }
}

pub(crate) fn package_file(file: PackageFile) -> facts::RegistryFile {
    facts::RegistryFile {
        url: file.url,
        digest: file.digest.to_string(),
        bytes: file.bytes,
        version: file.version,
        requires: file.requires,
        provides: file.provides,
        conflicts: file.conflicts,
    }
}

pub(crate) fn program(found: ProgramFacts) -> facts::MachineProgram {
    facts::MachineProgram {
        said: found.said,
        digest: found.digest.to_string(),
    }
}

pub(crate) fn sample(sample: Sample) -> types::Sample {
    types::Sample {
        exit_code: sample.exit_code,
        stdout: sample.stdout,
        stderr: sample.stderr,
        wall_ns: sample.wall_ns,
        user_ns: sample.user_ns,
        system_ns: sample.system_ns,
        peak_rss_bytes: sample.peak_rss_bytes,
        counters: sample.counters.into_iter().map(counter).collect(),
    }
}

fn counter(counter: Counter) -> types::Counter {
    types::Counter {
        name: counter.name,
        value: counter.value,
    }
}
