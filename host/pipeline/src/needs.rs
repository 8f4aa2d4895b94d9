//! What `needs` names: every node that is needed must be there. Whether nodes need each
//! other in a circle is not known here.

use std::collections::{BTreeSet, HashMap};

use orch_model::{DeployTable, Diagnostic, Pipeline, SourceText, Span, Spanned};

use crate::nearest;
use crate::placeholders;
use crate::problems::Problems;
use crate::syntax::shorten;

/// Kinds of nodes that a later version will have.
const NOT_YET: [&str; 1] = ["tune"];

/// Who needs whom.
pub(crate) struct Graph {
    /// The nodes' names without targets: builds, tasks, benches, deploys.
    pub names: Vec<String>,
    /// For each node those that it needs, with the place that says so.
    pub edges: Vec<Vec<(usize, Span)>>,
}

/// Complains about needs that name no node; gives those that do.
pub(crate) fn check(pipeline: &Pipeline, source: &SourceText, problems: &mut Problems) -> Graph {
    let nodes = Nodes::of(pipeline);
    let builds = pipeline.builds.iter().map(|build| &build.needs);
    let tasks = pipeline.tasks.iter().map(|task| &task.needs);
    let benches = pipeline.benches.iter().map(|bench| &bench.needs);
    let deploys = pipeline.deploys.iter().map(|deploy| &deploy.needs);
    let mut edges: Vec<Vec<(usize, Span)>> = builds
        .chain(tasks)
        .chain(benches)
        .chain(deploys)
        .enumerate()
        .map(|(from, needs)| nodes.edges(from, needs, problems))
        .collect();
    // A bench is after its build, and so is a deploy, which is after the images that it names too.
    let first = pipeline.builds.len() + pipeline.tasks.len();
    let benches = pipeline.benches.iter().map(|bench| &bench.of);
    let deploys = pipeline.deploys.iter().map(|deploy| &deploy.of);
    for (of, edges) in benches.chain(deploys).zip(&mut edges[first..]) {
        let build = nodes.by_name.get(&format!("build.{}", of.value));
        edges.extend(build.map(|build| (*build, of.span.clone())));
    }
    let first = first + pipeline.benches.len();
    for (deploy, edges) in pipeline.deploys.iter().zip(&mut edges[first..]) {
        edges.extend(nodes.images(deploy, source, problems));
    }
    Graph {
        names: nodes.names,
        edges,
    }
}

struct Nodes<'a> {
    names: Vec<String>,
    targets: Vec<&'a [Spanned<String>]>,
    /// The toolchains of each node's matrix.
    matrices: Vec<&'a [Spanned<String>]>,
    by_name: HashMap<String, usize>,
    toolchains: BTreeSet<String>,
}

impl<'a> Nodes<'a> {
    fn of(pipeline: &'a Pipeline) -> Self {
        let builds = pipeline.builds.iter().map(|build| {
            let name = format!("build.{}", build.name.value);
            (name, (&*build.targets, &*build.toolchains))
        });
        let tasks = pipeline.tasks.iter().map(|task| {
            let name = format!("task.{}", task.name.value);
            (name, (&*task.targets, &[][..]))
        });
        let benches = pipeline.benches.iter().map(|bench| {
            let name = format!("bench.{}", bench.name.value);
            (name, bench.cells(pipeline))
        });
        let deploys = pipeline.deploys.iter().map(|deploy| {
            let name = format!("deploy.{}", deploy.name.value);
            (name, (&[][..], &[][..]))
        });
        let nodes = builds.chain(tasks).chain(benches).chain(deploys);
        let (names, cells): (Vec<_>, Vec<_>) = nodes.unzip();
        let (targets, matrices) = cells.into_iter().unzip();
        let by_name = names.iter().cloned().zip(0..).collect();
        let toolchains = pipeline
            .toolchains
            .iter()
            .map(|toolchain| format!("toolchain.{}", toolchain.name.value))
            .collect();
        Self {
            names,
            targets,
            matrices,
            by_name,
            toolchains,
        }
    }

    fn edges(
        &self,
        from: usize,
        needs: &[Spanned<String>],
        problems: &mut Problems,
    ) -> Vec<(usize, Span)> {
        let mut seen = HashMap::new();
        let mut edges = Vec::new();
        for need in needs {
            if let Some(first) = seen.insert(need.value.as_str(), need) {
                let message = format!("`{}` needs `{}` twice", self.names[from], shorten(need));
                problems.add(
                    Diagnostic::error(message, need.span.clone())
                        .label("again here")
                        .also(first.span.clone(), "first here"),
                );
                continue;
            }
            match self.find(need) {
                Ok(Some(to)) => edges.push((to, need.span.clone())),
                Ok(None) => {}
                Err(wrong) => problems.add_with(|| {
                    let message = format!("`{}` needs {}", self.names[from], wrong.what);
                    Diagnostic::error(message, need.span.clone()).maybe_hint((wrong.hint)())
                }),
            }
        }
        edges
    }

    /// The deploys that push the images which a deploy's settings name.
    fn images(
        &self,
        deploy: &DeployTable,
        source: &SourceText,
        problems: &mut Problems,
    ) -> Vec<(usize, Span)> {
        let mut edges = Vec::new();
        for image in placeholders::images(&deploy.settings, &source.text) {
            if let Some(to) = self.by_name.get(&format!("deploy.{}", image.value)) {
                edges.push((*to, image.span));
                continue;
            }
            let shown = shorten(&image);
            let message = format!(
                "deploy `{}` names the image `{shown}`, but there is no `deploy.{shown}`",
                shorten(&deploy.name)
            );
            let names = self.names.iter();
            let deploys = names.filter_map(|name| name.strip_prefix("deploy."));
            let hint = nearest::hint(&image, deploys, "the deploys are");
            problems.add(Diagnostic::error(message, image.span.clone()).maybe_hint(hint));
        }
        edges
    }

    /// The build, task, bench or deploy that is meant; `None` for a toolchain, which needs nothing.
    fn find<'s>(&'s self, need: &'s str) -> Result<Option<usize>, Wrong<'s>> {
        let shown = shorten(need);
        if let Some((unit, _)) = need.split_once('/') {
            return Err(Wrong::new(
                format!("`{shown}`, a step inside a node"),
                move || Some(format!("name the whole node: `{}`", shorten(unit))),
            ));
        }
        if self.toolchains.contains(need) {
            return Ok(None);
        }
        let (name, cell) = match need.split_once('@') {
            Some((name, cell)) => (name, Some(cell)),
            None => (need, None),
        };
        let (target, toolchain) = match cell.and_then(|cell| cell.split_once('+')) {
            Some((target, toolchain)) => (Some(target), Some(toolchain)),
            None => (cell, None),
        };
        if self.toolchains.contains(name) {
            return Err(Wrong::new(
                format!("`{shown}`, but a toolchain has no targets"),
                move || Some(format!("write `{name}`")),
            ));
        }
        let Some(index) = self.by_name.get(name).copied() else {
            return Err(self.unknown(name, shown));
        };
        let Some(target) = target else {
            return Ok(Some(index));
        };
        let targets = self.targets[index];
        if targets.iter().any(|known| known.value == target) {
            return match toolchain {
                Some(toolchain) => self.cell(index, toolchain, shown),
                None => Ok(Some(index)),
            };
        }
        if targets.is_empty() {
            // A build without targets was complained about already.
            return match name.starts_with("build.") || name.starts_with("bench.") {
                true => Ok(Some(index)),
                false => Err(Wrong::new(
                    format!("`{shown}`, but `{name}` has no targets"),
                    move || Some(format!("write `{name}`")),
                )),
            };
        }
        Err(Wrong::new(
            format!(
                "`{shown}`, but `{}` is no target of `{name}`",
                shorten(target)
            ),
            move || {
                let known = targets.iter().map(|known| known.value.as_str());
                nearest::hint(target, known, "its targets are")
            },
        ))
    }

    /// The build with that toolchain in its matrix.
    fn cell<'s>(
        &'s self,
        index: usize,
        toolchain: &'s str,
        shown: String,
    ) -> Result<Option<usize>, Wrong<'s>> {
        let matrix = self.matrices[index];
        if matrix.iter().any(|known| known.value == toolchain) {
            return Ok(Some(index));
        }
        let name = &self.names[index];
        if matrix.is_empty() {
            return Err(Wrong::new(
                format!("`{shown}`, but `{name}` has no `toolchains`"),
                move || Some("leave out what begins with `+`".to_owned()),
            ));
        }
        Err(Wrong::new(
            format!(
                "`{shown}`, but `{}` is no toolchain of `{name}`",
                shorten(toolchain)
            ),
            move || {
                let known = matrix.iter().map(|known| known.value.as_str());
                nearest::hint(toolchain, known, "its toolchains are")
            },
        ))
    }

    fn unknown<'s>(&'s self, name: &'s str, shown: String) -> Wrong<'s> {
        let kind = name.split_once('.').map(|(kind, _)| kind);
        if let Some(kind) = kind.filter(|kind| NOT_YET.contains(kind)) {
            let what = format!("`{shown}`, but this version of `orch` cannot do `{kind}` yet");
            return Wrong::new(what, || None);
        }
        Wrong::new(format!("`{shown}`, which is not there"), move || {
            let names = self
                .names
                .iter()
                .chain(&self.toolchains)
                .map(String::as_str);
            // A name without its kind is the usual slip.
            let with_kind = self
                .names
                .iter()
                .find(|known| known.split_once('.').is_some_and(|(_, bare)| bare == name));
            match with_kind {
                Some(meant) => Some(format!("did you mean `{meant}`?")),
                None => nearest::hint(name, names, "the nodes are"),
            }
        })
    }
}

/// What is wrong with a need, as the end of a sentence, and a hint that is costly to
/// make.
struct Wrong<'s> {
    what: String,
    hint: Box<dyn FnOnce() -> Option<String> + 's>,
}

impl<'s> Wrong<'s> {
    fn new(what: String, hint: impl FnOnce() -> Option<String> + 's) -> Self {
        let hint = Box::new(hint);
        Self { what, hint }
    }
}
