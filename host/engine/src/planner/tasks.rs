//! Tasks: any command of the user's, with the toolchains it names on its `PATH`.

use orch_model::{
    Action, Diagnostic, NodeId, Part, RelativePath, Root, Runner, SandboxPath, Spanned, TaskTable,
    TemplatePart, Variable, Word, parse_template,
};

use crate::plan::{PlannedTask, PlannedToolchain};
use crate::problem::PlanProblem;

use super::Planner;

/// Where a task finds programs that no toolchain brings. Named rather than inherited,
/// so that a user's own `PATH` cannot change what a task does.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

impl Planner<'_> {
    pub(super) fn plan_tasks(&mut self) {
        for table in &self.pipeline.tasks {
            if table.targets.is_empty() {
                self.plan_task(table, None);
            }
            for target in &table.targets {
                self.plan_task(table, Some(&target.value));
            }
        }
    }

    fn plan_task(&mut self, table: &TaskTable, target: Option<&str>) {
        let toolchains: Vec<PlannedToolchain> = table
            .tools
            .iter()
            .flat_map(|tool| self.with_companions(tool))
            .cloned()
            .collect();

        let mut words: Vec<Word> = Vec::new();
        for word in &table.command.value {
            words.push(self.fill(word, target));
        }
        let Some((program, arguments)) = words.split_first() else {
            return; // The parser refuses an empty command.
        };

        let mut environment = vec![path_of(&toolchains)];
        for toolchain in &toolchains {
            environment.extend(toolchain.toolchain.environment.clone());
        }
        for (name, value) in &table.environment {
            let value = self.fill(value, target);
            environment.retain(|known| known.name != *name);
            environment.push(Variable {
                name: name.clone(),
                value,
            });
        }

        let outputs: Vec<_> = table
            .outputs
            .iter()
            .filter_map(|output| {
                let filled = self.fill(&output.clone().map(|path| path.to_string()), target);
                match RelativePath::new(&filled.to_string()) {
                    Ok(relative) => Some(SandboxPath {
                        root: Root::Source,
                        relative,
                    }),
                    Err(error) => {
                        self.problems.push(PlanProblem::usage(Diagnostic::error(
                            format!("output of task `{}`: {error}", table.name.value),
                            output.span.clone(),
                        )));
                        None
                    }
                }
            })
            .collect();

        let action = Action {
            name: "run".to_owned(),
            program: program.clone(),
            arguments: arguments.to_vec(),
            files: Vec::new(),
            caches: caches_of(&environment),
            environment,
            directory: SandboxPath {
                root: Root::Source,
                relative: table.directory.clone(),
            },
            inputs: inputs_without(&table.inputs, &outputs),
            outputs,
            // A task shares the kept directories of the plugin whose tool it runs.
            cache_owner: toolchains
                .first()
                .map_or("task", |toolchain| toolchain.by.plugin.as_str())
                .to_owned(),
            network: table.network,
            after: Vec::new(),
            tools: toolchains
                .iter()
                .map(|toolchain| toolchain.name.clone())
                .collect(),
            runner: Runner::Native,
            timeout_ms: table.timeout_ms,
            cacheable: table.cache,
        };
        self.plan.tasks.push(PlannedTask {
            node: NodeId::task(&table.name.value, target),
            action,
            needs: table
                .needs
                .iter()
                .flat_map(|need| self.nodes_of(&need.value, target, None))
                .collect(),
        });
    }

    /// A toolchain, and behind it the companions that it builds.
    fn with_companions(&self, name: &str) -> impl Iterator<Item = &PlannedToolchain> {
        self.plan.toolchains.iter().filter(move |known| {
            let (own, _) = known.name.split_once('+').unwrap_or((&known.name, ""));
            own == name
        })
    }

    /// A word with `${…}` filled in. The parser has refused what is not known.
    fn fill(&mut self, text: &Spanned<String>, target: Option<&str>) -> Word {
        let parts = parse_template(&text.value).unwrap_or_default();
        let mut filled = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(text) => filled.push_str(&text),
                TemplatePart::TargetName => filled.push_str(target.unwrap_or_default()),
                TemplatePart::Environment(name) => match self.variable(&name) {
                    Some(value) => filled.push_str(&value),
                    None => self.problems.push(PlanProblem::usage(
                        Diagnostic::error(
                            format!("`${{env.{name}}}` is not set in your environment"),
                            text.span.clone(),
                        )
                        .hint(format!("set `{name}`, or write the value itself")),
                    )),
                },
                TemplatePart::Secret(name) => self.problems.push(PlanProblem::usage(
                    Diagnostic::error(
                        format!("a task is given no secrets: `${{secret.{name}}}`"),
                        text.span.clone(),
                    )
                    .hint("pass it through a file that the task reads"),
                )),
            }
        }
        Word::text(filled)
    }
}

/// `PATH` of a task: the folders of its toolchains' programs, then the system's.
fn path_of(toolchains: &[PlannedToolchain]) -> Variable {
    let mut parts = Vec::new();
    let mut seen = Vec::new();
    for toolchain in toolchains {
        for tool in &toolchain.toolchain.tools {
            let program = tool.program.as_str();
            let folder = program.rsplit_once('/').map_or("", |(folder, _)| folder);
            let path = SandboxPath {
                root: Root::Tool(toolchain.name.clone()),
                relative: RelativePath::new(folder).unwrap_or_default(),
            };
            if !seen.contains(&path) {
                seen.push(path.clone());
                parts.push(Part::Path(path));
                parts.push(Part::Text(":".to_owned()));
            }
        }
    }
    parts.push(Part::Text(SYSTEM_PATH.to_owned()));
    Variable {
        name: "PATH".to_owned(),
        value: Word(parts),
    }
}

fn caches_of(environment: &[Variable]) -> Vec<String> {
    let mut caches: Vec<String> = environment
        .iter()
        .flat_map(|variable| &variable.value.0)
        .filter_map(|part| match part {
            Part::Path(SandboxPath {
                root: Root::Cache(name),
                ..
            }) => Some(name.clone()),
            _ => None,
        })
        .collect();
    caches.sort();
    caches.dedup();
    caches
}

/// The patterns of a task's inputs, with its own outputs taken away: what it left the last
/// time must neither count as its input nor stand where it is to leave it.
fn inputs_without(inputs: &[Spanned<String>], outputs: &[SandboxPath]) -> Vec<String> {
    let inputs = inputs.iter().map(|input| input.value.clone());
    let own = outputs
        .iter()
        .map(|output| format!("!{}", as_pattern(output.relative.as_str())));
    match inputs.len() {
        0 => Vec::new(),
        _ => inputs.chain(own).collect(),
    }
}

/// A path as a pattern that matches nothing else.
fn as_pattern(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            '*' | '?' | '[' | ']' | '{' | '}' | '\\' => {
                pattern.push('[');
                pattern.push(letter);
                pattern.push(']');
            }
            letter => pattern.push(letter),
        }
    }
    pattern
}
