//! Toolchains behind the engine's port: those that are fetched, programs that the machine has
//! already, and what builds left.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use orch_engine::Cancel;
use orch_engine::port::{InstalledTree, OutputFile, Progress, Toolchains};
use orch_fetch::Fetcher;
use orch_machine::{Place, Programs};
use orch_model::{
    Digest, Fault, FaultKind, Hasher, MachineProgram, RelativePath, TextFile, Tool, Toolchain,
};
use orch_store::Store;

/// All toolchains of this machine.
pub struct MachineToolchains {
    /// Brings those that are fetched.
    pub fetcher: Arc<Fetcher>,
    /// Knows those that are there.
    pub programs: Arc<Programs>,
    /// Holds what builds left.
    pub store: Store,
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

    fn adopted(&self, files: &[OutputFile]) -> Result<Option<InstalledTree>, Fault> {
        Ok(self.fetcher.adopted(&recipe_of(files)))
    }

    fn adopt(
        &self,
        toolchain: &Toolchain,
        files: &[OutputFile],
        cancel: &Cancel,
    ) -> Result<InstalledTree, Fault> {
        if let Some(tool) = missing_program(toolchain, files) {
            return Err(Fault::new(
                FaultKind::Plugin,
                format!("the build left no program `{}`", tool.program),
            )
            .hint("another build than one of a toolchain stands behind `from`"));
        }
        let name = toolchain.tools.first().map_or("made", |tool| &tool.name);
        let label = format!("{name} {} (made here)", toolchain.version);
        let fill = |root: &Path| self.lay_out(files, root);
        self.fetcher.adopt(recipe_of(files), label, &fill, cancel)
    }
}

/// What tells a tree of these files from every other.
fn recipe_of(files: &[OutputFile]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.field("orch made toolchain 1");
    for file in files {
        hasher.field(file.path.relative.as_str());
        hasher.field(file.digest.bytes());
        hasher.field([u8::from(file.executable)]);
    }
    hasher.finish()
}

/// A program that a toolchain promises and that is not among the files.
fn missing_program<'a>(toolchain: &'a Toolchain, files: &[OutputFile]) -> Option<&'a Tool> {
    let has = |tool: &&Tool| files.iter().any(|file| file.path.relative == tool.program);
    toolchain.tools.iter().find(|tool| !has(tool))
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

    /// Writes files of the store below a folder; says their bytes and how many they are.
    fn lay_out(&self, files: &[OutputFile], root: &Path) -> Result<(u64, u64), Fault> {
        for file in files {
            let path = file.path.relative.below(root);
            let folder = path.parent().unwrap_or(root);
            std::fs::create_dir_all(folder)
                .map_err(|error| Fault::io("create the folder", folder, &error))?;
            let written = self.store.copy_to(&file.digest, &path, file.executable)?;
            written.ok_or_else(|| {
                Fault::lost(format!(
                    "the content of `{}` is missing from the store or damaged there",
                    file.path.relative
                ))
                .hint("run again: it will be made anew")
            })?;
        }
        let bytes = files.iter().map(|file| file.bytes).sum();
        Ok((bytes, files.len() as u64))
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
