//! Asks the plugins what is to be done and makes a [`Plan`] of their answers, or every
//! problem at once. Decides nothing about when or where anything runs.

mod baselines;
mod benches;
mod builds;
mod companions;
mod deploys;
mod elsewhere;
mod limited;
mod made;
mod names;
mod needs;
mod policies;
mod runner;
mod smoke;
mod targets;
mod tasks;
mod toolchains;

use std::collections::{HashMap, HashSet};

use orch_model::{
    Answer, FaultKind, Lock, Log, Machine, Pipeline, PluginId, Question, RecordedFact, Refusal,
    Role, Settings, Span,
};

use crate::plan::{Plan, Proposer};
use crate::port::{Called, Plugins};
use crate::problem::{self, CallSite, PlanProblem};
use crate::settings_schema;

pub use toolchains::look_for_programs;

use names::Names;
use needs::Cells;

/// What planning reads beside the pipeline.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The machine that builds.
    pub host: &'a Machine,
    /// Says whether a program is on the machine's `PATH`.
    pub has_program: &'a dyn Fn(&str) -> bool,
    /// The user's environment, for `${env.X}`.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// What came of planning.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The plan, if nothing speaks against it.
    pub plan: Option<Plan>,
    /// Everything that does, and warnings.
    pub problems: Vec<PlanProblem>,
    /// What plugins said.
    pub logs: Vec<Log>,
}

/// Plans a pipeline whose toolchains are pinned by `lock`.
pub fn plan(
    pipeline: &Pipeline,
    lock: &Lock,
    plugins: &dyn Plugins,
    surroundings: Surroundings<'_>,
) -> Planned {
    planned(pipeline, lock, plugins, surroundings, Unpinned::Problem)
}

/// Everything that is wrong with a pipeline as far as it can be said before its
/// toolchains are pinned: builds whose toolchain is not are left out.
pub fn check(
    pipeline: &Pipeline,
    lock: &Lock,
    plugins: &dyn Plugins,
    surroundings: Surroundings<'_>,
) -> Planned {
    planned(pipeline, lock, plugins, surroundings, Unpinned::LeftOut)
}

/// What a toolchain that the lock does not hold is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unpinned {
    Problem,
    LeftOut,
}

fn planned(
    pipeline: &Pipeline,
    lock: &Lock,
    plugins: &dyn Plugins,
    surroundings: Surroundings<'_>,
    unpinned: Unpinned,
) -> Planned {
    let mut planner = Planner {
        pipeline,
        plugins,
        surroundings,
        names: Names::new(plugins.summaries()),
        units: needs::units(pipeline).collect(),
        known_facts: HashSet::new(),
        refused_builds: HashSet::new(),
        plan: Plan {
            version: Plan::VERSION,
            name: pipeline.name.value.clone(),
            host: surroundings.host.clone(),
            toolchains: Vec::new(),
            targets: Vec::new(),
            builds: Vec::new(),
            tasks: Vec::new(),
            benches: Vec::new(),
            deploys: Vec::new(),
            facts: Vec::new(),
            programs: Vec::new(),
            left_out: Vec::new(),
            warnings: Vec::new(),
        },
        problems: Vec::new(),
        logs: Vec::new(),
    };
    planner.check_plugins();
    planner.plan_toolchains(lock, unpinned);
    planner.plan_companions();
    planner.plan_made_toolchains();
    planner.plan_targets();
    planner.plan_builds();
    planner.settle_made_toolchains();
    planner.plan_tasks();
    planner.plan_benches();
    planner.plan_deploys();
    planner.settle_needs();
    let failed = planner.problems.iter().any(PlanProblem::is_error);
    Planned {
        plan: (!failed).then_some(planner.plan),
        problems: planner.problems,
        logs: planner.logs,
    }
}

fn settings_problems(
    names: &Names,
    plugin: &PluginId,
    role: Role,
    settings: &Settings,
) -> Vec<PlanProblem> {
    let nothing = serde_json::json!({ "type": "object", "additionalProperties": false });
    let schema = names.schema(plugin, role).unwrap_or(&nothing);
    settings_schema::check(settings, schema, &format!("{role} `{plugin}`"))
        .into_iter()
        .map(PlanProblem::usage)
        .collect()
}

struct Planner<'a> {
    pipeline: &'a Pipeline,
    plugins: &'a dyn Plugins,
    surroundings: Surroundings<'a>,
    names: Names,
    /// Every build, task, bench and deploy, by `build.x`, `task.y`, `bench.z` and `deploy.w`.
    units: HashMap<String, Cells<'a>>,
    known_facts: HashSet<RecordedFact>,
    /// Builds whose settings are not what the builder's schema wants.
    refused_builds: HashSet<String>,
    plan: Plan,
    problems: Vec<PlanProblem>,
    logs: Vec<Log>,
}

impl Planner<'_> {
    /// The result of a call, with what the plugin learnt and said put on record; a
    /// failure becomes problems at the call's place.
    fn take<T>(&mut self, called: Called<T>, site: &CallSite<'_>) -> Option<T> {
        called.facts.into_iter().for_each(|fact| self.learn(fact));
        self.logs.extend(called.logs);
        match called.result {
            Ok(value) => Some(value),
            Err(failure) => {
                for problem in problem::of_failure(failure, site) {
                    // A build has the same ones for each of its targets.
                    if !self.problems.contains(&problem) {
                        self.problems.push(problem);
                    }
                }
                None
            }
        }
    }

    fn proposer(&self, plugin: &PluginId) -> Proposer {
        Proposer {
            plugin: plugin.clone(),
            version: self.names.version(plugin),
        }
    }

    fn has_program(&mut self, program: &str) -> bool {
        if let Some((_, found)) = self
            .plan
            .programs
            .iter()
            .find(|(known, _)| known == program)
        {
            return *found;
        }
        let found = (self.surroundings.has_program)(program);
        self.plan.programs.push((program.to_owned(), found));
        found
    }

    /// A variable of the user's; put on record, so that the plan holds only while the
    /// variable does.
    fn variable(&mut self, name: &str) -> Option<String> {
        let value = (self.surroundings.variable)(name);
        let answer = value.clone().map(Answer::Text).ok_or(Refusal::Absent);
        self.learn(RecordedFact::new(
            Question::Variable(name.to_owned()),
            &answer,
        ));
        value
    }

    fn learn(&mut self, fact: RecordedFact) {
        if self.known_facts.insert(fact.clone()) {
            self.plan.facts.push(fact);
        }
    }

    /// Every plugin named, and every setting by its schema. Targets' are checked when it
    /// is known whose they are.
    fn check_plugins(&mut self) {
        let toolchains = self.pipeline.toolchains.iter();
        let builds = self.pipeline.builds.iter();
        let named = toolchains
            .filter(|table| table.from.is_none())
            .map(|table| (&table.with, Role::ToolchainSource, &table.settings, None))
            .chain(builds.map(|table| {
                let name = Some(&table.name.value);
                (&table.with, Role::Builder, &table.settings, name)
            }));
        for (with, role, settings, build) in named {
            match self.names.plugin(with, role) {
                Ok(manifest) => {
                    let found = settings_problems(&self.names, &manifest.id, role, settings);
                    if found.iter().any(PlanProblem::is_error) {
                        self.refused_builds.extend(build.cloned());
                    }
                    found.into_iter().for_each(|problem| self.say_once(problem));
                }
                Err(problem) => self.say_once(*problem),
            }
        }
    }

    /// Notes a problem, unless it was said of another toolchain with the same settings.
    fn say_once(&mut self, problem: PlanProblem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn site<'s>(
        plugin: &'s PluginId,
        wanted: String,
        span: Span,
        settings: Option<&'s Settings>,
    ) -> CallSite<'s> {
        CallSite {
            plugin,
            wanted,
            span,
            settings,
            failed: FaultKind::Plugin,
        }
    }
}
