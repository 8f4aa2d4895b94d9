//! An image as a workload of a Kubernetes cluster: the manifests, and the commands of kubectl that
//! bring them there and back.

mod check;
mod manifest;
mod release;
mod settings;
mod words;

use orch_plugin::deployer::{Deployer, Proposal, Request};
use orch_plugin::{Error, Facts, Tweak, log};

use crate::manifest::Workload;
pub use crate::settings::Settings;
use crate::words::Words;

/// The deployer.
pub struct Kubernetes;

impl Deployer for Kubernetes {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, _: &dyn Facts) -> Result<Proposal, Error> {
        let name = settings.name.as_deref().unwrap_or(&request.project);
        let mut problems = settings.problems();
        if settings.name.is_none() {
            problems.extend(check::label("name", name));
        }
        let tuned = request.runtime_variables();
        let words = words::read(name, &settings.arguments, &settings.environment, &tuned);
        let words = words.unwrap_or_else(|wrong| {
            problems.extend(wrong);
            Words::default()
        });
        Error::if_any(problems)?;
        request.tweaks.iter().for_each(tell_left_out);
        let workload = Workload {
            name,
            settings: &settings,
            words,
        };
        let release = release::of(&request.unit, &workload)?;
        Ok(Proposal::Release(release))
    }
}

/// Says what a container cannot be given.
fn tell_left_out(tweak: &Tweak) {
    if let Tweak::ServiceDirective(pair) | Tweak::KernelParameter(pair) = tweak {
        log::info(&format!(
            "`{}={}` of a tuning policy is left alone: it is the nodes' to set",
            pair.name, pair.value
        ));
    }
}

orch_plugin::export_deployer!(Kubernetes);

#[cfg(test)]
mod tests;
