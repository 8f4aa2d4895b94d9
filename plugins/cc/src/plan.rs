//! Everything that the actions of one build have in common.

use orch_plugin::builder::Request;
use orch_plugin::{Action, Error, InstalledToolchain};
use orch_plugin_c_compiler::Compiler;

use crate::choices::Choices;
use crate::settings::BuildSettings;

/// One build for one target.
pub(crate) struct Plan<'a> {
    pub(crate) request: &'a Request,
    pub(crate) settings: &'a BuildSettings,
    /// The build's own toolchain, then those that are lent to it.
    pub(crate) toolchains: Vec<InstalledToolchain>,
    pub(crate) compiler: Compiler,
    pub(crate) choices: Choices,
}

impl<'a> Plan<'a> {
    pub(crate) fn of(request: &'a Request, settings: &'a BuildSettings) -> Result<Self, Error> {
        let toolchains: Vec<_> = std::iter::once(&request.toolchain)
            .chain(&request.tools)
            .cloned()
            .collect();
        let compiler = Compiler::find(&toolchains, &request.target, request.static_link)?;
        Ok(Self {
            choices: Choices::of(request, settings, &compiler)?,
            request,
            settings,
            toolchains,
            compiler,
        })
    }

    /// The compiler's environment with what tuning sets, and the directories kept for it.
    pub(crate) fn with_environment(&self, action: Action) -> Action {
        let action = action.variables(self.compiler.environment().iter().cloned());
        let caches = self.compiler.caches();
        let action = caches.into_iter().fold(action, Action::cache);
        let variables = self.request.build_variables();
        variables.into_iter().fold(action, |action, pair| {
            action.variable(pair.name.as_str(), pair.value.as_str())
        })
    }
}
