//! Toolchains behind the engine's port: those that are fetched, and programs that the machine
//! has already.

use std::path::PathBuf;
use std::sync::Arc;

use orch_engine::Cancel;
use orch_engine::port::{InstalledTree, Progress, Toolchains};
use orch_fetch::Fetcher;
use orch_machine::{Place, Programs};
use orch_model::{Fault, MachineProgram, RelativePath, TextFile, Toolchain};

/// All toolchains of this machine.
pub struct MachineToolchains {
    /// Brings those that are fetched.
    pub fetcher: Arc<Fetcher>,
    /// Knows those that are there.
    pub programs: Arc<Programs>,
}

impl Toolchains for MachineToolchains {
    fn installed(&self, toolchain: &Toolchain) -> Result<Option<InstalledTree>, Fault> {
        match self.found(toolchain)? {
            None => self.fetcher.installed(toolchain),
            Some(Found::Tree(root)) => Ok(Some(tree(root, toolchain))),
            Some(Found::Launchers(launchers)) => {
                let installed = self.fetcher.installed(&launchers)?;
                Ok(installed.map(|installed| tree(installed.root, toolchain)))
            }
        }
    }

    fn install(
        &self,
        toolchain: &Toolchain,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<InstalledTree, Fault> {
        match self.found(toolchain)? {
            None => self.fetcher.install(toolchain, progress, cancel),
            Some(Found::Tree(root)) => Ok(tree(root, toolchain)),
            Some(Found::Launchers(launchers)) => {
                let installed = self.fetcher.install(&launchers, progress, cancel)?;
                Ok(tree(installed.root, toolchain))
            }
        }
    }
}

/// How programs of the machine become a tree.
enum Found {
    /// They lie in one of their own.
    Tree(PathBuf),
    /// They lie where every action is shown them: a small tree starts each there.
    Launchers(Toolchain),
}

impl MachineToolchains {
    /// `None` for a toolchain that is fetched.
    fn found(&self, toolchain: &Toolchain) -> Result<Option<Found>, Fault> {
        let Some(first) = toolchain.programs.first() else {
            return Ok(None);
        };
        let programs = toolchain.programs.iter();
        programs.clone().try_for_each(|it| self.check(it))?;
        let places = programs
            .map(|program| Ok((program, self.programs.place(&program.name)?)))
            .collect::<Result<Vec<_>, Fault>>()?;
        if let Some((_, Place::Tree(root))) = places.first()
            && places
                .iter()
                .all(|(_, place)| *place == Place::Tree(root.clone()))
        {
            return Ok(Some(Found::Tree(root.clone())));
        }
        let mut files = Vec::new();
        for (program, place) in places {
            let Place::Shown(file) = place else {
                let (one, other) = (&first.name, &program.name);
                return Err(Fault::usage(format!(
                    "programs `{one}` and `{other}` lie in folders that cannot be shown as one"
                ))
                .hint("give each a `[toolchain.…]` table of its own"));
            };
            files.push(launcher(program, &file)?);
        }
        Ok(Some(Found::Launchers(Toolchain {
            files,
            programs: Vec::new(),
            ..toolchain.clone()
        })))
    }

    /// What a plan was made with must be what its actions use.
    fn check(&self, program: &MachineProgram) -> Result<(), Fault> {
        match self.programs.digest(&program.name)? {
            Some(digest) if digest == program.digest => Ok(()),
            _ => Err(Fault::usage(format!(
                "program `{}` of this machine has changed since the plan was made",
                program.name
            ))
            .hint("run again")),
        }
    }
}

/// A script that starts a program where it lies: many find their other files by that place.
/// What it starts itself, as a compiler does its assembler, is looked for there last.
fn launcher(program: &MachineProgram, file: &Path) -> Result<TextFile, Fault> {
    let place = format!("bin/{}", program.name);
    let path = RelativePath::new(&place).map_err(|error| Fault::internal(error.to_string()))?;
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let folder = quoted(file.parent().unwrap_or(Path::new("/")));
    let file = quoted(file);
    Ok(TextFile {
        paths: vec![path],
        text: format!("#!/bin/sh\nPATH=$PATH:{folder}\nexport PATH\nexec {file} \"$@\"\n"),
        executable: true,
    })
}

/// The tree that stands for a toolchain's programs; its digest is theirs.
fn tree(root: PathBuf, toolchain: &Toolchain) -> InstalledTree {
    InstalledTree {
        root,
        tree: toolchain.recipe(),
        bytes: 0,
        files: 0,
        left_out_bytes: 0,
        programs: toolchain.programs.clone(),
    }
}
