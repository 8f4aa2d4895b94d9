//! Which loaded plugin a name of the pipeline means.

use orch_model::{Diagnostic, Digest, Manifest, PluginId, PluginSummary, Role, Spanned};

use crate::nearest;
use crate::problem::PlanProblem;

/// The loaded plugins by name.
pub(super) struct Names {
    summaries: Vec<PluginSummary>,
}

impl Names {
    pub(super) fn new(summaries: Vec<PluginSummary>) -> Self {
        Self { summaries }
    }

    /// The plugin of that name, if it plays the role.
    pub(super) fn plugin(
        &self,
        name: &Spanned<String>,
        role: Role,
    ) -> Result<&Manifest, Box<PlanProblem>> {
        let error = |message: String, hint: String| {
            Box::new(PlanProblem::usage(
                Diagnostic::error(message, name.span.clone()).hint(hint),
            ))
        };
        let with_role = || {
            self.with_role(role)
                .map(|manifest| manifest.id.as_str())
                .collect::<Vec<_>>()
        };
        match self
            .summaries
            .iter()
            .find(|summary| summary.manifest.id.as_str() == name.value)
        {
            Some(summary) if summary.manifest.roles.contains(&role) => Ok(&summary.manifest),
            Some(summary) => Err(error(
                format!("plugin `{}` is no {role}", name.value),
                format!(
                    "it is a {}; a {role} is {}",
                    list(summary.manifest.roles.iter().map(|role| role.name())),
                    list(with_role().into_iter()),
                ),
            )),
            None => Err(error(
                format!("no plugin is called `{}`", name.value),
                nearest::hint(
                    &name.value,
                    with_role(),
                    &format!(
                        "`orch plugin list` shows all; a {role} is {}",
                        list(with_role().into_iter())
                    ),
                ),
            )),
        }
    }

    pub(super) fn with_role(&self, role: Role) -> impl Iterator<Item = &Manifest> {
        self.summaries
            .iter()
            .map(|summary| &summary.manifest)
            .filter(move |manifest| manifest.roles.contains(&role))
    }

    pub(super) fn schema(&self, plugin: &PluginId, role: Role) -> Option<&serde_json::Value> {
        self.manifest(plugin)?.settings.get(&role)
    }

    pub(super) fn digest(&self, plugin: &PluginId) -> Option<Digest> {
        let mut summaries = self.summaries.iter();
        let found = summaries.find(|summary| summary.manifest.id == *plugin)?;
        Some(found.digest)
    }

    pub(super) fn version(&self, plugin: &PluginId) -> String {
        self.manifest(plugin)
            .map(|manifest| manifest.version.to_string())
            .unwrap_or_default()
    }

    fn manifest(&self, plugin: &PluginId) -> Option<&Manifest> {
        self.summaries
            .iter()
            .map(|summary| &summary.manifest)
            .find(|manifest| manifest.id == *plugin)
    }
}

/// `a`, `b` or `c`.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "nothing that is loaded".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// One offer of a loaded plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    pub plugin: PluginId,
    pub name: String,
}

/// All offers of one role.
pub(super) struct Offers {
    pub all: Vec<Offered>,
    /// Whether a plugin failed to say what it offers, and that was reported.
    pub incomplete: bool,
}

impl Offers {
    /// Of nobody.
    pub(super) fn none() -> Self {
        Self {
            all: Vec::new(),
            incomplete: false,
        }
    }
}

/// The offer that a name means: `name`, or `plugin/name` where several plugins offer it.
/// `None` if it may be that of a plugin that failed.
pub(super) fn offered(
    wanted: &Spanned<String>,
    offers: &Offers,
    whose: &str,
    listed_by: &str,
) -> Result<Option<Offered>, Box<PlanProblem>> {
    let matching: Vec<&Offered> = offers
        .all
        .iter()
        .filter(|offer| {
            offer.name == wanted.value
                || wanted.value.split_once('/') == Some((offer.plugin.as_str(), &offer.name))
        })
        .collect();
    let diagnostic = match matching.as_slice() {
        [one] => return Ok(Some((*one).clone())),
        [] if offers.incomplete => return Ok(None),
        [] => Diagnostic::error(
            format!("{whose} `{}`, which no plugin offers", wanted.value),
            wanted.span.clone(),
        )
        .hint(nearest::hint(
            &wanted.value,
            offers.all.iter().map(|offer| offer.name.as_str()),
            listed_by,
        )),
        several => Diagnostic::error(
            format!(
                "{whose} `{}`, which {} plugins offer",
                wanted.value,
                several.len()
            ),
            wanted.span.clone(),
        )
        .hint(format!(
            "write {}",
            list(
                several
                    .iter()
                    .map(|offer| format!("{}/{}", offer.plugin, offer.name))
                    .collect::<Vec<_>>()
                    .iter()
                    .map(String::as_str)
            )
        )),
    };
    Err(Box::new(PlanProblem::usage(diagnostic)))
}
