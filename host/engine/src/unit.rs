//! The units of a plan: its tasks and builds, each by itself. With what they share, some of
//! them make a plan of their own, which is run like any other.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use orch_model::NodeId;

use crate::plan::{Plan, PlannedBuild, PlannedTask};

/// A unit of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanUnit<'a> {
    /// One task, for one target where it has any.
    Task(Cow<'a, PlannedTask>),
    /// One build for one target.
    Build(Cow<'a, PlannedBuild>),
}

impl PlanUnit<'_> {
    /// The node that stands for the whole.
    pub fn node(&self) -> NodeId {
        match self {
            Self::Task(task) => task.node.clone(),
            Self::Build(build) => build.node(),
        }
    }
}

impl Plan {
    /// All units.
    pub fn units(&self) -> impl Iterator<Item = PlanUnit<'_>> {
        let tasks = self.tasks.iter().map(Cow::Borrowed).map(PlanUnit::Task);
        let builds = self.builds.iter().map(Cow::Borrowed).map(PlanUnit::Build);
        tasks.chain(builds)
    }

    /// What the units share.
    pub fn without_units(&self) -> Self {
        Self {
            version: self.version,
            name: self.name.clone(),
            host: self.host.clone(),
            toolchains: self.toolchains.clone(),
            targets: self.targets.clone(),
            builds: Vec::new(),
            tasks: Vec::new(),
            benches: Vec::new(),
            deploys: Vec::new(),
            facts: self.facts.clone(),
            programs: self.programs.clone(),
            left_out: self.left_out.clone(),
            warnings: self.warnings.clone(),
        }
    }

    /// The plan of these units alone. They no longer need other units; what else they need
    /// is still there.
    pub fn of_units<'a>(shared: Self, units: impl IntoIterator<Item = PlanUnit<'a>>) -> Self {
        let (mut tasks, mut builds) = (Vec::new(), Vec::new());
        for unit in units {
            match unit {
                PlanUnit::Task(task) => tasks.push(task.into_owned()),
                PlanUnit::Build(build) => builds.push(build.into_owned()),
            }
        }
        let mut plan = Self {
            tasks,
            builds,
            ..shared
        };
        let units: HashSet<NodeId> = plan.units().map(|unit| unit.node()).collect();
        let toolchains = plan.toolchains.iter();
        let mut known: HashSet<NodeId> = toolchains
            .map(|toolchain| NodeId::toolchain(&toolchain.name))
            .collect();
        known.extend(units);
        let tasks = plan.tasks.iter_mut().map(|task| &mut task.needs);
        let builds = plan.builds.iter_mut().map(|build| &mut build.needs);
        for needs in tasks.chain(builds) {
            needs.retain(|need| known.contains(need));
        }
        plan
    }
}
