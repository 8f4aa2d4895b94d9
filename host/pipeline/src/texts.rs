//! The texts of a deploy: whether what their placeholders name is there. What it stands for is not
//! known here.

use orch_model::{Diagnostic, FleetHost, Placeholder, Settings, Span, Spanned};

use crate::names::Names;
use crate::nearest;
use crate::placeholders::{self, OF_EVERY_HOST};
use crate::problems::Problems;
use crate::syntax::shorten;

/// Looks at the texts of one deploy.
pub(crate) struct Texts<'a> {
    /// The deploy, as messages call it.
    pub wanting: &'a str,
    /// All of the pipeline file.
    pub file: &'a str,
    /// The secrets that there are.
    pub secrets: &'a Names,
    /// The deploy's machines, where the pipeline states them.
    pub hosts: Option<&'a [&'a FleetHost]>,
    /// Whether it goes to any.
    pub has_fleet: bool,
    pub problems: &'a mut Problems,
}

impl Texts<'_> {
    /// Complains about placeholders in the deployer's settings that stand for nothing. Images are
    /// nodes, and looked at with these.
    pub fn settings(&mut self, settings: &Settings) {
        for (text, span) in placeholders::texts(settings) {
            self.check(text, &span, true);
        }
    }

    /// The same for the texts of health checks, which can name no image.
    pub fn health(&mut self, texts: &[(String, Span)]) {
        for (text, span) in texts {
            self.check(text, span, false);
        }
    }

    fn check(&mut self, text: &str, whole: &Span, may_name_images: bool) {
        let found = match placeholders::of_text(text, whole, self.file) {
            Ok(found) => found,
            Err(problem) => return self.problems.add(problem),
        };
        for found in found {
            let Spanned { value, span } = found;
            match value {
                Placeholder::Secret(name) => {
                    let name = Spanned::new(name, span);
                    self.secrets.known(self.wanting, &name, self.problems);
                }
                Placeholder::Host(name) => self.host(&name, &span),
                Placeholder::Image(name) if !may_name_images => {
                    let message = format!(
                        "`${{image.{name}}}` stands in the health of {}",
                        self.wanting
                    );
                    let hint = "images are named by the settings of a deployer";
                    self.problems
                        .add(Diagnostic::error(message, span).hint(hint));
                }
                Placeholder::Image(_) | Placeholder::Release | Placeholder::Text(_) => {}
            }
        }
    }

    /// Complains about a variable that a machine has not.
    fn host(&mut self, variable: &str, span: &Span) {
        let shown = shorten(variable);
        if !self.has_fleet {
            let message = format!(
                "{} goes to no fleet, so there is no `${{host.{shown}}}`",
                self.wanting
            );
            let hint = "name the machines by `to = \"fleet.…\"`";
            self.problems
                .add(Diagnostic::error(message, span.clone()).hint(hint));
            return;
        }
        if OF_EVERY_HOST.contains(&variable) {
            return;
        }
        let hosts = self.hosts.unwrap_or_default();
        let Some(host) = hosts
            .iter()
            .find(|host| !host.variables.contains_key(variable))
        else {
            return;
        };
        let message = format!(
            "{} names `${{host.{shown}}}`, but `{}` has no such variable",
            self.wanting,
            shorten(&host.name)
        );
        let known = host
            .variables
            .keys()
            .map(String::as_str)
            .chain(OF_EVERY_HOST);
        let hint = nearest::hint(variable, known, "it has");
        self.problems
            .add(Diagnostic::error(message, span.clone()).maybe_hint(hint));
    }
}
