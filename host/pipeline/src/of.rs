//! The build that a table is about, and which of its targets and toolchains. What is done with what
//! the build makes is not known here.

use orch_model::{BuildTable, Diagnostic, Spanned};

use crate::names::no_such_node;
use crate::nearest;
use crate::problems::Problems;
use crate::syntax::shorten;

/// The build that `of` names as `build.agent`.
pub(crate) fn build<'b>(
    wanting: &str,
    of: &Spanned<String>,
    builds: &'b [BuildTable],
    problems: &mut Problems,
) -> Option<&'b BuildTable> {
    let name = of.strip_prefix("build.");
    let found = builds
        .iter()
        .find(|build| Some(build.name.value.as_str()) == name);
    if found.is_none() {
        let names = builds.iter().map(|build| build.name.value.as_str());
        let what = format!("{wanting} is of");
        problems.add_with(|| no_such_node("build", &what, of, names));
    }
    found
}

/// Complains about targets that the build has not.
pub(crate) fn targets(
    wanting: &str,
    targets: &[Spanned<String>],
    build: &BuildTable,
    problems: &mut Problems,
) {
    for target in targets {
        one_of(wanting, "target", target, &build.targets, build, problems);
    }
}

/// Complains about a toolchain that is none of the build's matrix, and about none where it has one.
pub(crate) fn toolchain(
    wanting: &str,
    toolchain: Option<&Spanned<String>>,
    build: &BuildTable,
    of: &Spanned<String>,
    problems: &mut Problems,
) {
    let matrix = &build.toolchains;
    match (toolchain, matrix.first()) {
        (None, None) => {}
        (Some(toolchain), Some(_)) => {
            one_of(wanting, "toolchain", toolchain, matrix, build, problems);
        }
        (None, Some(first)) => {
            let message = format!(
                "{wanting} does not say by which toolchain, and build `{}` has several",
                build.name.value
            );
            let hint = format!("name one of them: `toolchain = \"{}\"`", shorten(first));
            problems.add(Diagnostic::error(message, of.span.clone()).hint(hint));
        }
        (Some(toolchain), None) => {
            let message = format!(
                "{wanting} names the toolchain `{}`, but build `{}` has no `toolchains`",
                shorten(toolchain),
                build.name.value
            );
            let hint = "leave it out: the build has one toolchain";
            problems.add(Diagnostic::error(message, toolchain.span.clone()).hint(hint));
        }
    }
}

/// Complains about a name that is not among the build's own.
fn one_of(
    wanting: &str,
    kind: &str,
    name: &Spanned<String>,
    own: &[Spanned<String>],
    build: &BuildTable,
    problems: &mut Problems,
) {
    if own.iter().any(|known| known.value == name.value) {
        return;
    }
    let message = format!(
        "{wanting} names the {kind} `{}`, which build `{}` has not",
        shorten(name),
        build.name.value
    );
    let own = own.iter().map(|known| known.value.as_str());
    let hint = nearest::hint(name, own, &format!("its {kind}s are"));
    problems.add(Diagnostic::error(message, name.span.clone()).maybe_hint(hint));
}
