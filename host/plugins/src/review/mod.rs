//! Looks at what a plugin returned as a whole: that names are names, that what is named is
//! there, and that nothing is there twice. Whichever version of the contract the plugin
//! speaks, the model's values pass through here.

mod build;
mod deploy;
mod names;
mod probe;

use std::collections::BTreeSet;

use orch_model::{Advice, Offer, RelativePath, Target, TargetRunner, TextFile, Toolchain, Tweak};

pub(crate) use build::build;
pub(crate) use deploy::proposal;
pub(crate) use probe::{probe_plan, reading};

use crate::failure::Breach;

use names::{
    ADDRESS_BYTES, NAME_BYTES, Reviewed, breach, count, distinct, environment, name, no_control,
    no_nul, variable_name,
};

/// The largest file that a toolchain may bring beside its archives.
const FILE_BYTES: usize = 16 << 10;

/// Releases of a toolchain.
pub(crate) fn releases(releases: Vec<String>) -> Reviewed<Vec<String>> {
    count("releases", &releases)?;
    releases.iter().try_for_each(|text| name("release", text))?;
    Ok(releases)
}

/// What to fetch.
pub(crate) fn toolchain(toolchain: Toolchain) -> Reviewed<Toolchain> {
    name("release", &toolchain.version)?;
    count("archives", &toolchain.archives)?;
    count("tools", &toolchain.tools)?;
    count("programs", &toolchain.programs)?;
    match (toolchain.programs.is_empty(), toolchain.archives.is_empty()) {
        (true, true) => return breach("located a toolchain without an archive".to_owned()),
        (true, false) => {}
        (false, _) => machine_programs(&toolchain)?,
    }
    for archive in &toolchain.archives {
        count("addresses", &archive.urls)?;
        if archive.urls.is_empty() {
            return breach(format!("gave the archive {} no address", archive.digest));
        }
        for url in &archive.urls {
            no_control("address", url, ADDRESS_BYTES)?;
        }
    }
    toolchain.files.iter().try_for_each(text_file)?;
    for tool in &toolchain.tools {
        name("tool", &tool.name)?;
        if tool.program.is_root() {
            return breach(format!("gave the tool `{}` no program", tool.name));
        }
    }
    distinct(
        "tool",
        toolchain.tools.iter().map(|tool| tool.name.as_str()),
    )?;
    environment(&toolchain.environment)?;
    Ok(toolchain)
}

/// Programs that the machine has already: nothing is fetched beside them, each is a tool, and
/// what else is a tool is one of them by another name.
fn machine_programs(toolchain: &Toolchain) -> Reviewed<()> {
    if !toolchain.archives.is_empty() || !toolchain.files.is_empty() {
        return breach("mixed programs of the machine with files to fetch".to_owned());
    }
    let mut files = BTreeSet::new();
    for program in &toolchain.programs {
        crate::permission::check_program(&program.name)
            .map_err(|why| Breach(format!("found a program, but {why}")))?;
        let file = format!("bin/{}", program.name);
        if !toolchain
            .tools
            .iter()
            .any(|tool| tool.program.as_str() == file)
        {
            return breach(format!(
                "found the program `{}`, but made no tool of it",
                program.name
            ));
        }
        files.insert(file);
    }
    let mut tools = toolchain.tools.iter();
    match tools.find(|tool| !files.contains(tool.program.as_str())) {
        None => Ok(()),
        Some(tool) => breach(format!(
            "named the tool `{}`, which is none of the programs it found",
            tool.name
        )),
    }
}

/// A file that a plugin states whole. Whether its places are free is seen when it is made.
fn text_file(file: &TextFile) -> Reviewed<()> {
    count("places of a file", &file.paths)?;
    if file.paths.is_empty() || file.paths.iter().any(RelativePath::is_root) {
        return breach("gave a file no name".to_owned());
    }
    if file.text.len() > FILE_BYTES {
        let path = &file.paths[0];
        return breach(format!(
            "gave the file `{path}` {} bytes; {FILE_BYTES} are allowed",
            file.text.len()
        ));
    }
    Ok(())
}

/// Offers of any role.
pub(crate) fn offers(offers: Vec<Offer>) -> Reviewed<Vec<Offer>> {
    count("offers", &offers)?;
    offers
        .iter()
        .try_for_each(|offer| name("offer", &offer.name))?;
    distinct("offer", offers.iter().map(|offer| offer.name.as_str()))?;
    Ok(offers)
}

/// The offers that a device is.
pub(crate) fn recognised(names: Vec<String>) -> Reviewed<Vec<String>> {
    count("recognised offers", &names)?;
    names.iter().try_for_each(|text| name("offer", text))?;
    distinct("recognised offer", names.iter().map(String::as_str))?;
    Ok(names)
}

/// A machine to build for.
pub(crate) fn target(target: Target) -> Reviewed<Target> {
    name("target triple", &target.machine.triple)?;
    count("CPU features", &target.machine.features)?;
    let machine = &target.machine;
    for text in machine.cpu.iter().chain(&machine.features) {
        no_control("CPU", text, NAME_BYTES)?;
    }
    count("memories", &machine.memories)?;
    for memory in &machine.memories {
        name("memory", &memory.name)?;
        if memory.origin.checked_add(memory.bytes).is_none() {
            return breach(format!("gave the memory `{}` no end", memory.name));
        }
    }
    distinct(
        "memory",
        machine.memories.iter().map(|memory| memory.name.as_str()),
    )?;
    count("environment variables", &target.environment)?;
    for (variable, value) in &target.environment {
        variable_name(variable)?;
        no_nul("environment variable's value", value)?;
    }
    distinct(
        "environment variable",
        target.environment.iter().map(|(name, _)| name.as_str()),
    )?;
    if let TargetRunner::Emulator(command) = &target.runner {
        let Some(program) = command.first() else {
            return breach("gave an emulator without a program".to_owned());
        };
        name("emulator", program)?;
        count("arguments of the emulator", command)?;
        for argument in command {
            no_nul("emulator's argument", argument)?;
        }
    }
    count("requirements", &target.requirements)?;
    Ok(target)
}

/// What a policy would set.
pub(crate) fn advice(advice: Vec<Advice>) -> Reviewed<Vec<Advice>> {
    count("pieces of advice", &advice)?;
    for Advice { tweak, .. } in &advice {
        match tweak {
            Tweak::BuildFlag { slot, value } => {
                name("slot", slot)?;
                no_control("flag", value, ADDRESS_BYTES)?;
            }
            Tweak::BuildVariable { name, value } | Tweak::RuntimeVariable { name, value } => {
                variable_name(name)?;
                no_control("variable's value", value, ADDRESS_BYTES)?;
            }
            Tweak::ServiceDirective { name: key, value }
            | Tweak::KernelParameter { name: key, value } => {
                name("parameter", key)?;
                no_control("parameter's value", value, ADDRESS_BYTES)?;
            }
        }
    }
    Ok(advice)
}

#[cfg(test)]
mod tests {
    use orch_model::{Digest, MachineProgram, Tool};

    use super::*;

    #[test]
    fn recognised_offers() {
        assert!(recognised(vec!["pi5".into(), "pi4".into()]).is_ok());
        assert!(recognised(vec!["pi5".into(), "pi5".into()]).is_err());
        assert!(recognised(vec!["\x1b[2J".into()]).is_err());
    }

    #[test]
    fn files_of_a_toolchain() {
        let file = |path: &str, bytes: usize| TextFile {
            paths: vec![RelativePath::new(path).expect("the path stays")],
            text: "x".repeat(bytes),
            executable: false,
        };
        assert!(text_file(&file("bin/a", FILE_BYTES)).is_ok());
        assert!(text_file(&file("bin/a", FILE_BYTES + 1)).is_err());
        assert!(text_file(&file("", 1)).is_err());
        let nowhere = TextFile {
            paths: Vec::new(),
            ..file("a", 1)
        };
        assert!(text_file(&nowhere).is_err());
    }

    #[test]
    fn tools_of_programs_of_the_machine() {
        let reviewed = |tools: &[(&str, &str)]| {
            machine_programs(&Toolchain {
                programs: vec![MachineProgram {
                    name: "gcc".into(),
                    digest: Digest::of("gcc"),
                }],
                tools: tools
                    .iter()
                    .map(|(name, file)| Tool {
                        name: (*name).to_owned(),
                        program: RelativePath::new(file).expect("the path stays"),
                    })
                    .collect(),
                version: "12.2.0".into(),
                archives: Vec::new(),
                files: Vec::new(),
                environment: Vec::new(),
                sysroot: None,
            })
        };
        let own = ("gcc", "bin/gcc");
        assert!(reviewed(&[own]).is_ok());
        assert!(reviewed(&[own, ("x86_64-linux-gnu-gcc", "bin/gcc")]).is_ok());
        assert!(reviewed(&[own, ("sh", "bin/sh")]).is_err());
        assert!(reviewed(&[]).is_err());
    }

    #[test]
    fn targets_and_advice() {
        let mut wrong = Target::default();
        wrong.machine.triple = "aarch64-unknown-linux-gnu".into();
        assert!(target(wrong.clone()).is_ok());
        wrong.environment = vec![("GO=ARM".into(), "7".into())];
        assert!(target(wrong.clone()).is_err());
        wrong.environment.clear();
        wrong.runner = TargetRunner::Emulator(vec!["/bin/sh".into()]);
        assert!(target(wrong.clone()).is_err());
        wrong.runner = TargetRunner::Emulator(Vec::new());
        assert!(target(wrong).is_err());
        let setting = |value: &str| {
            vec![Advice {
                policy: "p".into(),
                tweak: Tweak::ServiceDirective {
                    name: "LimitNOFILE".into(),
                    value: value.into(),
                },
                reason: String::new(),
                reference: None,
            }]
        };
        assert!(advice(setting("1024")).is_ok());
        assert!(advice(setting("1\nExecStart=/bin/sh")).is_err());
    }
}
