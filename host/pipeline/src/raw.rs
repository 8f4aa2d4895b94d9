//! The tables of the pipeline file as they are written: every key that `orch` knows,
//! with its shape. What belongs together, and whether names exist, is not known here.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use orch_model::{RelativePath, Spanned};

use crate::bench::RawBench;
use crate::command::CommandText;
use crate::deploy::RawDeploy;
use crate::fleet::RawFleet;
use crate::policy::PolicyEntry;
use crate::secret::RawSecret;
use crate::shape::{At, Reader, Shape};
use crate::syntax::Node;
use crate::table::{Named, table};
use crate::text::{
    DurationText, NameText, OfferText, OutputText, PatternText, RequirementText, TemplateText,
};

table! {
    /// A pipeline of `orch`: what is built, for which machines, with what.
    RawPipeline {
        /// Version of this format; the only one is 1.
        version: Spanned<u64> = "version", required "version = 1";
        /// The project's name.
        name: Spanned<NameText> = "name", required "name = \"my-service\"";
        /// Plugins beside the bundled ones, by the name that this file gives them.
        plugins: Named<RawPlugin> = "plugins";
        /// Compilers and SDKs; a table's name is the plugin, unless `with` names one.
        toolchain: Named<RawToolchain> = "toolchain";
        /// Machines to build for.
        target: Named<RawTarget> = "target";
        /// What is built from sources, for one or more targets.
        build: Named<RawBuild> = "build";
        /// Any commands.
        task: Named<RawTask> = "task";
        /// What is measured, and what its figures are held to.
        bench: Named<RawBench> = "bench";
        /// Searches for the best settings. Not in this version of `orch`.
        tune: Spanned<NotYet> = "tune";
        /// Machines to deploy to.
        fleet: Named<RawFleet> = "fleet";
        /// Releases onto machines, and images.
        deploy: Named<RawDeploy> = "deploy";
        /// What deploys may name by `${secret.N}` and nobody may see.
        secret: Named<RawSecret> = "secret";
    }
}

table! {
    /// A plugin beside the bundled ones.
    RawPlugin {
        /// A component, or a folder that holds one, below the pipeline's folder.
        path: Spanned<RelativePath> = "path";
        /// Where to download it. Not in this version of `orch`: use `path`.
        source: Spanned<NotYet> = "source";
        /// Which versions do. Not in this version of `orch`.
        version: Spanned<NotYet> = "version";
    }
}

table! {
    /// A compiler or SDK. Keys that are not listed here are settings of its plugin.
    RawToolchain: open {
        /// The plugin that knows its releases; the table's name if it is left out.
        with: Spanned<NameText> = "with";
        /// Which releases do: `1.22` is any 1.22.x, `1.22.10` just that one; the newest if it is left out. `orch.lock` holds the exact release.
        version: Spanned<RequirementText> = "version";
        /// A build that makes it, such as `build.tree@host`: what that leaves is the toolchain, with the release and the programs of the toolchain that it was built by.
        from: Spanned<String> = "from";
    }
}

table! {
    /// A machine to build for. Keys that are not listed here are settings of its platform.
    RawTarget: open {
        /// What a plugin offers, as `name` or `plugin/name`; `orch target list` shows all.
        platform: Spanned<OfferText> = "platform", required "platform = \"musl\"";
    }
}

table! {
    /// What is built. Keys that are not listed here are settings of its builder.
    RawBuild: open {
        /// The builder's plugin; the table's name if it is left out.
        with: Spanned<NameText> = "with";
        /// The name of a `[toolchain.N]`; by default the one that has the builder's name.
        toolchain: Spanned<String> = "toolchain";
        /// Toolchains to build with, each for every target: names of `[toolchain.N]` tables, or a plugin with a version such as `go@1.22`.
        toolchains: Spanned<Vec<Spanned<String>>> = "toolchains";
        /// Names of `[target.N]` tables, at least one.
        targets: Spanned<Vec<Spanned<String>>> = "targets", required "targets = [\"static\"]";
        /// Names of `[toolchain.N]` tables that the builder may use beside its own, such as a C compiler.
        tools: Vec<Spanned<String>> = "tools";
        /// Tuning policies by name, or tables with `policy` and its settings, in order; a later one wins.
        tuning: Vec<PolicyEntry> = "tuning";
        /// Where the build works, below the pipeline's folder.
        directory: RelativePath = "directory";
        /// Nodes that must have succeeded before, such as `task.test` or `build.a@pi5`.
        needs: Vec<Spanned<String>> = "needs";
        /// Arguments of a short run that shows that the product starts; none is made if it is left out.
        smoke: Spanned<Vec<String>> = "smoke";
    }
}

table! {
    /// A command.
    RawTask {
        /// Program and arguments, never a shell line.
        command: Spanned<CommandText<TemplateText>> = "command", required "command = [\"program\", \"argument\"]";
        /// Names of `[toolchain.N]` tables whose programs the command finds.
        tools: Vec<Spanned<String>> = "tools";
        /// Glob patterns of the files that it reads; `!` in front takes away.
        inputs: Vec<Spanned<PatternText>> = "inputs";
        /// Files or directories that it makes; may hold `${target.name}`.
        outputs: Vec<Spanned<OutputText>> = "outputs";
        /// Nodes that must have succeeded before, such as `task.test` or `build.a@pi5`.
        needs: Vec<Spanned<String>> = "needs";
        /// Its environment: nothing is inherited. Values may hold `${env.X}` and `${target.name}`.
        environment: BTreeMap<String, Spanned<TemplateText>> = "env";
        /// Names of `[target.N]` tables: it runs once for each. Once in all if it is left out.
        targets: Spanned<Vec<Spanned<String>>> = "targets";
        /// Where it works, below the pipeline's folder.
        directory: RelativePath = "directory";
        /// Whether it may reach the network; `false` if it is left out.
        network: bool = "network";
        /// Whether a success may be kept and reused; `true` if it is left out.
        cache: bool = "cache";
        /// How long it may run: `500ms`, `30s`, `5m` or `2h`.
        timeout: DurationText = "timeout";
    }
}

/// A key that a later version will know; what stands behind it is not looked at.
#[derive(Debug)]
pub(crate) struct NotYet;

impl Shape for NotYet {
    fn wanted() -> String {
        "nothing".to_owned()
    }

    fn wanted_many() -> String {
        "nothing".to_owned()
    }

    fn read(_: &Node<'_>, _: At<'_>, _: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }

    fn schema() -> Json {
        json!({ "not": {} })
    }
}
