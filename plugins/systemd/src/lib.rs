//! A program that runs as a service of systemd: units, the files beside them, and the steps by
//! which a release of it goes live.

mod check;
mod hardening;
mod quote;
mod release;
mod service;
mod settings;
mod sysctl;
mod unit;
mod variables;
mod words;

use orch_plugin::deployer::{Deployer, Proposal, Request};
use orch_plugin::{Error, Facts, Problem};

use crate::release::{FILES, Parts};
use crate::service::Service;
use crate::settings::Scope;
pub use crate::settings::Settings;

/// The deployer.
pub struct Systemd;

impl Deployer for Systemd {
    type Settings = Settings;

    fn plan(request: &Request, settings: Settings, _: &dyn Facts) -> Result<Proposal, Error> {
        if !request.target.names("linux") {
            return Err(Error::Unsupported(format!(
                "systemd runs services of Linux, and the target is `{}`",
                request.target.triple
            )));
        }
        let name = settings.service.as_deref().unwrap_or(&request.project);
        let mut problems = settings.problems();
        problems.extend(check::service(name));
        let program = request.program_named(settings.program.as_deref())?;
        problems.extend(misnamed(request, name));
        let tuned = request.runtime_variables();
        let words = words::read(&settings.arguments, &settings.environment, &tuned);
        let words = words.unwrap_or_else(|wrong| {
            problems.extend(wrong);
            words::Words::default()
        });
        Error::if_any(problems)?;
        let home = release::home(name, settings.scope);
        let folder = match settings.scope {
            Scope::System => format!("{home}/releases/${{release}}"),
            Scope::User => format!("%h/{home}/releases/${{release}}"),
        };
        let service = Service {
            name,
            program: &program.name,
            folder: &folder,
            settings: &settings,
            words: &words,
            tweaks: &request.tweaks,
        };
        let parts = Parts {
            name,
            home: &home,
            settings: &settings,
            artifacts: &request.artifacts,
            unit: service.unit().to_string(),
            socket: settings
                .socket
                .as_deref()
                .map(|it| service.socket(it).to_string()),
            wanted_by: service.wanted_by(),
            variables: &words.later,
            sysctl: sysctl::file(&request.tweaks, &settings),
        };
        Ok(Proposal::Release(parts.release()))
    }
}

/// An artifact by the name of a file that is made beside it.
fn misnamed(request: &Request, service: &str) -> Option<Problem> {
    let own = [format!("{service}.service"), format!("{service}.socket")];
    let is_taken = |name: &str| {
        FILES.contains(&name) || variables::is_file(name) || own.iter().any(|own| own == name)
    };
    let taken = request.artifacts.iter().find(|one| is_taken(&one.name))?;
    Some(Problem::new(format!(
        "the build ships `{}`, which is the name of a file that is made for systemd",
        taken.name
    )))
}

orch_plugin::export_deployer!(Systemd);

#[cfg(test)]
mod tests;
