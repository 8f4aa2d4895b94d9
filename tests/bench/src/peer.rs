//! One tool that takes part: how it is told of a graph, and how it is started.

use std::path::{Path, PathBuf};

use crate::graph::Graph;

/// A tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// What it is called in tables.
    pub name: String,
    /// Its program.
    pub program: PathBuf,
    /// Which of the ways it is told.
    pub kind: Kind,
}

/// The ways to describe a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `pipeline.toml`
    Orch,
    /// `build.ninja`
    Ninja,
    /// `build.ninja`, each command in a sandbox of bubblewrap's.
    NinjaInBubblewrap,
    /// `Makefile`
    Make,
    /// `justfile`; it knows no inputs, and so runs everything each time.
    Just,
    /// `turbo.json` and a `package.json` for each task.
    Turbo,
}

/// Where a task's input and output lie, below the folder of the graph.
pub fn input(task: usize) -> String {
    format!("in/{task}.txt")
}

/// See [`input`].
pub fn output(task: usize) -> String {
    format!("made/{task}.txt")
}

impl Tool {
    /// Writes the graph down in the tool's own form, into an empty folder.
    pub fn write(&self, graph: &Graph, folder: &Path) -> Result<(), String> {
        for place in ["in", "made"] {
            put_folder(&folder.join(place))?;
        }
        for task in 0..graph.len() {
            put(&folder.join(input(task)), &format!("{task}\n"))?;
        }
        match self.kind {
            Kind::Orch => put(&folder.join("pipeline.toml"), &pipeline(graph)),
            Kind::Ninja => put(&folder.join("build.ninja"), &ninja(graph, "cp")),
            Kind::NinjaInBubblewrap => {
                let sandbox = "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc \
                               --tmpfs /tmp --bind $$PWD /tmp/work --chdir /tmp/work cp";
                put(&folder.join("build.ninja"), &ninja(graph, sandbox))
            }
            Kind::Make => put(&folder.join("Makefile"), &makefile(graph)),
            Kind::Just => put(&folder.join("justfile"), &justfile(graph)),
            Kind::Turbo => turbo(graph, folder),
        }
    }

    /// The arguments of a whole run.
    pub fn arguments(&self) -> Vec<String> {
        let words: &[&str] = match self.kind {
            Kind::Orch => &["run"],
            Kind::Ninja | Kind::NinjaInBubblewrap => &["--quiet"],
            Kind::Make => &["--silent", "-j2"],
            Kind::Just => &["--quiet", "all"],
            Kind::Turbo => &["run", "build", "--output-logs=none", "--no-update-notifier"],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// Folders below the graph's that hold what the tool remembers.
    pub fn memory(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Orch => &[".orch", "cache"],
            Kind::Ninja | Kind::NinjaInBubblewrap => &[".ninja_log", ".ninja_deps"],
            Kind::Turbo => &[".turbo", "node_modules/.cache"],
            Kind::Make | Kind::Just => &[],
        }
    }
}

fn pipeline(graph: &Graph) -> String {
    let mut text = String::from("version = 1\nname = \"graph\"\n");
    for (task, needs) in graph.needs.iter().enumerate() {
        let inputs: Vec<_> = std::iter::once(input(task))
            .chain(needs.iter().map(|need| output(*need)))
            .collect();
        let needs: Vec<_> = needs.iter().map(|need| format!("task.t{need}")).collect();
        text.push_str(&format!(
            "\n[task.t{task}]\ncommand = [\"cp\", \"{}\", \"{}\"]\ninputs = {inputs:?}\noutputs = [{:?}]\nneeds = {needs:?}\n",
            input(task),
            output(task),
            output(task),
        ));
    }
    text
}

fn ninja(graph: &Graph, copy: &str) -> String {
    let mut text = format!("rule cp\n  command = {copy} $in_file $out\n");
    for (task, needs) in graph.needs.iter().enumerate() {
        let needs: String = needs
            .iter()
            .map(|need| format!(" {}", output(*need)))
            .collect();
        text.push_str(&format!(
            "build {}: cp {} |{needs}\n  in_file = {}\n",
            output(task),
            input(task),
            input(task)
        ));
    }
    text
}

fn makefile(graph: &Graph) -> String {
    let all: String = (0..graph.len())
        .map(|task| format!(" {}", output(task)))
        .collect();
    let mut text = format!("all:{all}\n");
    for (task, needs) in graph.needs.iter().enumerate() {
        let needs: String = needs
            .iter()
            .map(|need| format!(" {}", output(*need)))
            .collect();
        text.push_str(&format!(
            "{}: {}{needs}\n\tcp {} $@\n",
            output(task),
            input(task),
            input(task)
        ));
    }
    text
}

fn justfile(graph: &Graph) -> String {
    let all: String = (0..graph.len()).map(|task| format!(" t{task}")).collect();
    let mut text = format!("all:{all}\n");
    for (task, needs) in graph.needs.iter().enumerate() {
        let needs: String = needs.iter().map(|need| format!(" t{need}")).collect();
        text.push_str(&format!(
            "t{task}:{needs}\n\t@cp {} {}\n",
            input(task),
            output(task)
        ));
    }
    text
}

/// A task of turbo's is a script of a package, so each task is a package.
fn turbo(graph: &Graph, folder: &Path) -> Result<(), String> {
    put(
        &folder.join("package.json"),
        "{\"name\":\"graph\",\"private\":true,\"packageManager\":\"npm@11.0.0\",\"workspaces\":[\"packages/*\"]}\n",
    )?;
    put(&folder.join("package-lock.json"), &turbo_lock(graph))?;
    put(
        &folder.join("turbo.json"),
        "{\"tasks\":{\"build\":{\"dependsOn\":[\"^build\"],\"inputs\":[\"in.txt\"],\"outputs\":[\"out.txt\"]}}}\n",
    )?;
    for (task, needs) in graph.needs.iter().enumerate() {
        let package = folder.join(format!("packages/t{task}"));
        put_folder(&package)?;
        let needs: Vec<_> = needs
            .iter()
            .map(|need| format!("\"t{need}\":\"0.0.0\""))
            .collect();
        put(
            &package.join("package.json"),
            &format!(
                "{{\"name\":\"t{task}\",\"version\":\"0.0.0\",\"scripts\":{{\"build\":\"cp in.txt out.txt\"}},\"dependencies\":{{{}}}}}\n",
                needs.join(",")
            ),
        )?;
        put(&package.join("in.txt"), &format!("{task}\n"))?;
    }
    Ok(())
}

fn turbo_lock(graph: &Graph) -> String {
    let packages: Vec<_> = (0..graph.len())
        .map(|task| format!("\"packages/t{task}\":{{\"version\":\"0.0.0\"}},\"node_modules/t{task}\":{{\"resolved\":\"packages/t{task}\",\"link\":true}}"))
        .collect();
    format!(
        "{{\"name\":\"graph\",\"lockfileVersion\":3,\"requires\":true,\"packages\":{{\"\":{{\"name\":\"graph\",\"workspaces\":[\"packages/*\"]}},{}}}}}\n",
        packages.join(",")
    )
}

fn put(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text)
        .map_err(|error| format!("could not write `{}`: {error}", file.display()))
}

fn put_folder(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("could not create `{}`: {error}", folder.display()))
}
