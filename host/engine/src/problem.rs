//! What can be wrong with a pipeline once plugins have been asked, and how a plugin's
//! failure becomes a message at a place of the file.

use orch_model::{Diagnostic, FaultKind, PluginFailure, PluginId, Settings, Severity, Span};

/// A diagnostic with the kind that decides the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProblem {
    /// What is shown.
    pub diagnostic: Diagnostic,
    /// Whose fault it is.
    pub kind: FaultKind,
}

impl PlanProblem {
    /// Something that the user's file says wrongly.
    pub fn usage(diagnostic: Diagnostic) -> Self {
        Self {
            diagnostic,
            kind: FaultKind::Usage,
        }
    }

    /// Whether the plan cannot be made because of it.
    pub fn is_error(&self) -> bool {
        self.diagnostic.severity == Severity::Error
    }
}

/// Where a plugin's failure is shown: the table that called it, and the settings that
/// it was given.
pub(crate) struct CallSite<'a> {
    pub plugin: &'a PluginId,
    /// What was wanted, as the end of "could not": `plan build `agent` for `pi5``.
    pub wanted: String,
    pub span: Span,
    pub settings: Option<&'a Settings>,
    /// The kind of a plain failure: fetching for a toolchain source.
    pub failed: FaultKind,
}

/// One diagnostic for each thing that a plugin found wrong, or one for its failure.
pub(crate) fn of_failure(failure: PluginFailure, site: &CallSite<'_>) -> Vec<PlanProblem> {
    let whole = |message: String, kind| {
        vec![PlanProblem {
            diagnostic: Diagnostic::error(message, site.span.clone()),
            kind,
        }]
    };
    match failure {
        PluginFailure::Invalid(problems) if !problems.is_empty() => problems
            .into_iter()
            .map(|problem| {
                // A setting that is the host's own key, such as `version`, is where the
                // call's own place is.
                let span = problem
                    .setting
                    .as_deref()
                    .and_then(|setting| site.settings?.own_span(&Settings::pointer(setting)))
                    .unwrap_or_else(|| site.span.clone());
                PlanProblem::usage(
                    Diagnostic::error(problem.message, span).maybe_hint(problem.hint),
                )
            })
            .collect(),
        PluginFailure::Invalid(_) => whole(
            format!(
                "plugin `{}` refuses these settings without a reason",
                site.plugin
            ),
            FaultKind::Plugin,
        ),
        PluginFailure::Unsupported(text) => whole(
            format!("plugin `{}` cannot {}: {text}", site.plugin, site.wanted),
            FaultKind::Usage,
        ),
        PluginFailure::Failed(text) => whole(
            format!("plugin `{}` could not {}: {text}", site.plugin, site.wanted),
            site.failed,
        ),
        PluginFailure::Denied(text)
        | PluginFailure::Broken(text)
        | PluginFailure::Unusable(text) => whole(text, FaultKind::Plugin),
        PluginFailure::Host(text) => whole(text, FaultKind::Internal),
    }
}
