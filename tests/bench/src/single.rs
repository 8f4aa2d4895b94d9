//! Two goals with one peer each: restoring many outputs against `cp -al`, and a build of Go's
//! against `go build` alone.

use std::path::Path;

use crate::figures::Figures;
use crate::file::{remove_tree, settle_disk, write};
use crate::goals::verdict;
use crate::install;
use crate::measure::Sample;
use crate::place::Place;
use crate::table::{seconds, significant};

/// What is measured, and how.
#[derive(Clone, Copy, Debug)]
pub struct Single<'a> {
    /// The program `orch`.
    pub orch: &'a Path,
    /// Where peers are installed.
    pub peers: &'a Path,
    /// Runs of each kind.
    pub runs: usize,
    /// Seconds that one run may take.
    pub limit: f64,
}

impl Single<'_> {
    /// So many outputs of one task, deleted and put back; `cp -al` of the same tree.
    pub fn restore(&self, outputs: usize) -> Result<String, String> {
        let place = Place::new()?;
        let put = |name: &str, text: &str| write(&place.project.join(name), text);
        put(
            "pipeline.toml",
            "version = 1\nname = \"restore\"\n\n[task.tree]\ncommand = [\"sh\", \"tree.sh\"]\n\
             inputs = [\"tree.sh\"]\noutputs = [\"tree\"]\n",
        )?;
        put("tree.sh", &tree_script(outputs))?;
        let orch = || place.run(&[self.orch.as_os_str(), "run".as_ref()], &[], self.limit);
        let (tree, copy) = (place.project.join("tree"), place.project.join("copy"));
        for _ in 0..2 {
            orch()?;
        }
        let (mut restored, mut copied) = (Vec::new(), Vec::new());
        for _ in 0..self.runs.max(1) {
            remove_tree(&tree)?;
            settle_disk(&place.project)?;
            restored.push(orch()?);
            count_files(&tree, outputs)?;
            remove_tree(&copy)?;
            settle_disk(&place.project)?;
            let words = ["cp", "-al", "tree", "copy"].map(std::ffi::OsStr::new);
            copied.push(place.run(&words, &[], self.limit)?);
            count_files(&copy, outputs)?;
        }
        let (orch, copy) = (figures(&restored)?, figures(&copied)?);
        let ratio = orch.seconds / copy.seconds;
        Ok(format!(
            "## Restoring {outputs} outputs\n\n| | time |\n| --- | ---: |\n| orch | {} |\n\
             | `cp -al` | {} |\n\n- {}: {} times the time of `cp -al`, wanted at most 1.3\n",
            shown(&orch),
            shown(&copy),
            verdict(ratio <= 1.3),
            significant(ratio),
        ))
    }

    /// A Go program with one changed source, built by orch and by `go build` alone; both with
    /// the compiled standard library in Go's cache.
    pub fn go_build(&self) -> Result<String, String> {
        let go = install::python_program(&install::GO, self.peers)?;
        let place = Place::new()?;
        write_go_project(&place.project)?;
        let change = |round: usize| write(&place.project.join("main.go"), &go_source(round));
        let orch = || place.run(&[self.orch.as_os_str(), "run".as_ref()], &[], self.limit);
        // What the plugin `go` sets for its builds.
        let settings = [
            ("GOTOOLCHAIN", "local"),
            ("GOENV", "off"),
            ("GOPROXY", "off"),
            ("CGO_ENABLED", "0"),
        ];
        let words = [
            go.as_os_str(),
            "build".as_ref(),
            "-trimpath".as_ref(),
            "-buildvcs=false".as_ref(),
            "-o".as_ref(),
            "../home/program".as_ref(),
            ".".as_ref(),
        ];
        let plain = || place.run(&words, &settings, self.limit);
        let (mut with_orch, mut alone) = (Vec::new(), Vec::new());
        for round in 0..=self.runs.max(1) {
            change(2 * round)?;
            settle_disk(&place.project)?;
            with_orch.push(orch()?);
            change(2 * round + 1)?;
            settle_disk(&place.project)?;
            alone.push(plain()?);
        }
        // The first round has filled the caches.
        let (orch, plain) = (figures(&with_orch[1..])?, figures(&alone[1..])?);
        let overhead_ms = (orch.seconds - plain.seconds) * 1e3;
        Ok(format!(
            "## One changed source of a Go program\n\n| | time |\n| --- | ---: |\n| orch | {} |\n\
             | `go build` | {} |\n\n- {}: {overhead_ms:.0} ms over plain `go build`, wanted \
             less than 50 ms\n",
            shown(&orch),
            shown(&plain),
            verdict(overhead_ms < 50.0),
        ))
    }
}

/// Makes `tree/` with so many small files, a hundred a folder, by what a shell knows itself.
fn tree_script(outputs: usize) -> String {
    format!(
        "set -e\nmade=0\nwhile [ $made -lt {outputs} ]; do\n\
         folder=tree/$((made / 100))\n[ -d $folder ] || mkdir -p $folder\n\
         echo $made > $folder/$made.txt\nmade=$((made + 1))\ndone\n"
    )
}

fn count_files(folder: &Path, wanted: usize) -> Result<(), String> {
    let folders = std::fs::read_dir(folder)
        .map_err(|error| format!("could not read `{}`: {error}", folder.display()))?;
    let files = folders
        .flatten()
        .filter_map(|entry| std::fs::read_dir(entry.path()).ok());
    match files.map(Iterator::count).sum::<usize>() {
        found if found == wanted => Ok(()),
        found => Err(format!(
            "`{}` holds {found} files, not {wanted}",
            folder.display()
        )),
    }
}

fn write_go_project(project: &Path) -> Result<(), String> {
    let put = |name: &str, text: &str| write(&project.join(name), text);
    put("go.mod", "module example.org/bench\n\ngo 1.22\n")?;
    put(
        "pipeline.toml",
        &format!(
            "version = 1\nname = \"bench\"\n\n[toolchain.go]\nversion = \"{}\"\n\n\
             [target.here]\nplatform = \"musl\"\n\n\
             [build.program]\nwith = \"go\"\npackage = \".\"\ntargets = [\"here\"]\n",
            install::GO_VERSION
        ),
    )
}

fn go_source(round: usize) -> String {
    format!(
        "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\nfunc main() {{\n\
         \tfmt.Println(\"round {round}\", http.StatusText(200))\n}}\n"
    )
}

fn figures(samples: &[Sample]) -> Result<Figures, String> {
    Figures::of(samples).ok_or_else(|| "nothing was measured".to_owned())
}

fn shown(figures: &Figures) -> String {
    format!(
        "{} ({} – {})",
        seconds(figures.seconds),
        seconds(figures.least_seconds),
        seconds(figures.most_seconds)
    )
}
