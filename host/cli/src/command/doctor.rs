//! `orch doctor`: what is missing on this machine, and the command that installs it.

mod measuring;

use orch_model::Fault;
use orch_report::{Table, human_bytes};
use orch_sandbox::Protection;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::isolation;
use crate::planning;
use crate::project::Project;
use crate::stop::Stop;

/// A program that `orch` can use.
struct Wanted {
    programs: &'static [&'static str],
    what_for: &'static str,
    install: &'static str,
}

/// None of these is needed for a pipeline of bundled plugins whose archives come over
/// https; each opens one more way.
const WANTED: &[Wanted] = &[
    Wanted {
        programs: &["pip3", "pip"],
        what_for: "toolchains from `pkg:pypi/…`",
        install: "apt-get install python3-pip",
    },
    Wanted {
        programs: &["apt-get"],
        what_for: "packages from `pkg:deb/…`",
        install: "part of Debian and Ubuntu",
    },
    Wanted {
        programs: &["qemu-aarch64-static"],
        what_for: "smoke runs of aarch64 artifacts",
        install: "apt-get install qemu-user-static",
    },
    Wanted {
        programs: &["cargo"],
        what_for: "building plugins in Rust",
        install: "https://rustup.rs",
    },
];

pub fn doctor(environment: Environment, console: &Console) -> Result<Exit, Stop> {
    let mut table = Table::new(["", "what", "state", "to mend it"]);
    let mut rows = Vec::new();
    let mut add = |fine: bool, what: &str, state: &str, mend: &str| {
        table.row([
            if fine { "ok" } else { "missing" },
            what,
            state,
            if fine { "" } else { mend },
        ]);
        rows.push(serde_json::json!({ "ok": fine, "what": what, "state": state, "mend": mend }));
    };

    let host = &environment.host;
    let machine = format!(
        "{}, {} cores, {}, pages of {} bytes",
        host.triple,
        host.cores.unwrap_or(1),
        human_bytes(host.memory_bytes.unwrap_or_default()),
        host.page_bytes.unwrap_or_default(),
    );
    let known = orch_engine::locked_host(host).is_some();
    add(
        known,
        "this machine",
        &machine,
        "orch knows linux, darwin and windows on amd64 and arm64",
    );

    let writable = writable(&environment);
    let state = match &writable {
        Ok(free) => format!(
            "{}: {} free",
            environment.cache.display(),
            human_bytes(*free)
        ),
        Err(fault) => fault.message.clone(),
    };
    add(
        writable.is_ok(),
        "cache folder",
        &state,
        "set `ORCH_CACHE_DIR` to a folder that can be written",
    );

    let protections = protections(&environment)?;
    for row in &protections {
        add(row.missing.is_none(), row.what, &row.state(), row.mend);
    }

    for wanted in WANTED {
        let found = wanted
            .programs
            .iter()
            .find_map(|program| environment.find_program(program));
        let state = match &found {
            Some(file) => format!("{}: {}", wanted.what_for, file.display()),
            None => wanted.what_for.to_owned(),
        };
        add(found.is_some(), wanted.programs[0], &state, wanted.install);
    }
    let library = orch_plugin_build::standard_library(&orch_plugin_build::Options::new(
        environment.inherited(),
    ));
    let (state, mend) = match &library {
        Ok(way) => (format!("building plugins in Rust: {way}"), String::new()),
        Err(error) => ("building plugins in Rust".to_owned(), error.to_string()),
    };
    add(library.is_ok(), "wasm32 std", &state, &mend);

    for row in measuring::rows(&environment)? {
        add(row.fine, row.what, &row.state, row.mend);
    }

    for row in toolchains(environment, console)? {
        let (fine, state, mend) = match &row.found {
            Ok(version) => (true, version.as_str(), ""),
            Err((why, mend)) => (false, why.as_str(), mend.as_str()),
        };
        add(fine, &row.name, state, mend);
    }

    match console.json() {
        Some(json) => json.list("doctor", &rows),
        None => console.print(&table.render(console.style())),
    }
    Ok(match writable {
        Ok(_) => Exit::Done,
        Err(_) => Exit::Internal,
    })
}

/// A toolchain of the project around that is programs of this machine: its version, or what is
/// wrong with one of them and what to do.
struct ToolchainRow {
    name: String,
    found: Result<String, (String, String)>,
}

/// Nothing outside of a project, and of a pipeline that cannot be read: `orch check` says why.
fn toolchains(environment: Environment, console: &Console) -> Result<Vec<ToolchainRow>, Stop> {
    let Some(project) = Project::around(&environment)? else {
        return Ok(Vec::new());
    };
    let Some(pipeline) = orch_pipeline::parse(&project.source).pipeline else {
        return Ok(Vec::new());
    };
    let house = House::open(environment, Some(project.folder.clone()), true, console)?;
    let plugins = house.plugins(console, &planning::own_plugins(&pipeline, &project))?;
    let host = &house.environment.host;
    let mut rows = Vec::new();
    for table in &pipeline.toolchains {
        let name = format!("toolchain `{}`", table.name.value);
        match orch_engine::look_for_programs(table, host, &plugins) {
            None => {}
            Some(Ok(version)) => rows.push(ToolchainRow {
                name,
                found: Ok(version),
            }),
            Some(Err(problems)) => rows.extend(problems.into_iter().map(|problem| {
                let diagnostic = problem.diagnostic;
                ToolchainRow {
                    name: name.clone(),
                    found: Err((diagnostic.message, diagnostic.hint.unwrap_or_default())),
                }
            })),
        }
    }
    Ok(rows)
}

/// A protection of the sandbox, and why it is missing if it is.
struct ProtectionRow {
    what: &'static str,
    prevents: &'static str,
    missing: Option<String>,
    mend: &'static str,
}

impl ProtectionRow {
    fn state(&self) -> String {
        match &self.missing {
            None => format!("an action cannot {}", self.prevents),
            Some(why) => why.clone(),
        }
    }
}

/// A row for every protection. Where one that others rest on is missing, none of those
/// behind it was looked for, and no action has any.
fn protections(environment: &Environment) -> Result<Vec<ProtectionRow>, Fault> {
    let found = isolation::examine(environment)?;
    let row = |protection: Protection| {
        let (missing, mend) = match &found {
            Ok(sandboxes) => {
                let mut missing = sandboxes.missing().iter();
                let missing = missing.find(|missing| missing.protection == protection);
                (missing.map(|one| one.why.clone()), protection.remedy())
            }
            Err((withheld, why)) if *withheld == protection => {
                (Some(why.clone()), protection.remedy())
            }
            Err((withheld, _)) => (Some(format!("not looked for without a {withheld}")), ""),
        };
        ProtectionRow {
            what: protection.name(),
            prevents: protection.prevents(),
            missing,
            mend,
        }
    };
    Ok(Protection::ALL.map(row).into())
}

/// Free bytes of the cache folder's disk, if a file can be made there.
fn writable(environment: &Environment) -> Result<u64, Fault> {
    let cache = &environment.cache;
    std::fs::create_dir_all(cache).map_err(|error| Fault::io("create", cache, &error))?;
    tempfile::tempfile_in(cache).map_err(|error| Fault::io("write to", cache, &error))?;
    let disk =
        rustix::fs::statvfs(cache).map_err(|error| Fault::io("look at", cache, &error.into()))?;
    Ok(disk.f_bavail * disk.f_frsize)
}
