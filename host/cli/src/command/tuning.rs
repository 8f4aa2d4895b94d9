//! What tuning set, as people read it: who set it, why, where that can be checked, and what
//! overrode what. It decides none of that.

use std::fmt::Write;

use orch_engine::PlannedBuild;
use orch_model::{Advice, overriding};
use orch_report::{Style, Table};

/// What became of a piece of advice.
pub enum Standing<'a> {
    /// The build is done so.
    Set,
    /// It is for where the program runs, which `orch` does not set up.
    Advised,
    /// This later policy sets the same thing differently.
    Overridden(&'a Advice),
}

/// Each piece of advice for a build, with what became of it.
pub fn standings(build: &PlannedBuild) -> impl Iterator<Item = (&Advice, Standing<'_>)> {
    let overriding = overriding(&build.advice);
    build.advice.iter().zip(overriding).map(|(advice, later)| {
        let standing = match later {
            Some(later) => Standing::Overridden(later),
            None if advice.tweak.is_of_build() => Standing::Set,
            None => Standing::Advised,
        };
        (advice, standing)
    })
}

impl Standing<'_> {
    /// What the plan does about it.
    pub fn verb(&self) -> &'static str {
        match self {
            Standing::Set => "sets",
            Standing::Advised => "advises",
            Standing::Overridden(_) => "drops",
        }
    }

    /// What an explanation of a node calls it.
    pub fn head(&self) -> &'static str {
        match self {
            Standing::Set => "because",
            Standing::Advised => "advised",
            Standing::Overridden(_) => "not set",
        }
    }

    /// Why it is as it is.
    pub fn reason(&self, advice: &Advice) -> String {
        match self {
            Standing::Overridden(later) => later_wins(later),
            Standing::Set | Standing::Advised => advice.reason.clone(),
        }
    }

    /// All of it in one line.
    pub fn explained(&self, advice: &Advice) -> String {
        let Advice {
            policy,
            tweak,
            reason,
            reference,
        } = advice;
        let mut text = format!("{tweak}: `{policy}` says {reason}");
        if let Some(reference) = reference {
            let _ = write!(text, " ({reference})");
        }
        if let Standing::Overridden(later) = self {
            let _ = write!(text, "; {}", later_wins(later));
        }
        text
    }

    fn outcome(&self) -> &'static str {
        match self {
            Standing::Set => "set",
            Standing::Advised => "advised",
            Standing::Overridden(_) => "overridden",
        }
    }
}

fn later_wins(later: &Advice) -> String {
    format!(
        "`{}` stands later in `tuning` and sets {}",
        later.policy, later.tweak
    )
}

/// A table for each build. Reasons and references stand below their line, uncut.
pub fn table(builds: &[PlannedBuild], style: Style) -> String {
    let mut text = String::new();
    for build in builds {
        let _ = writeln!(text, "{}", build.node());
        if build.advice.is_empty() {
            text.push_str("nothing is set by tuning\n");
        }
        build_lines(&mut text, build, style);
        text.push('\n');
    }
    let is_elsewhere = |advice: &Advice| !advice.tweak.is_of_build();
    if builds
        .iter()
        .any(|build| build.advice.iter().any(is_elsewhere))
    {
        text.push_str(
            "What is advised takes effect where the program runs, and is for you to set there.\n",
        );
    }
    text
}

fn build_lines(text: &mut String, build: &PlannedBuild, style: Style) {
    let mut table = Table::new(["tweak", "kind", "by", "outcome"]);
    for (advice, standing) in standings(build) {
        let tweak = advice.tweak.to_string();
        table.row([
            tweak.as_str(),
            advice.tweak.kind(),
            &advice.policy,
            standing.outcome(),
        ]);
    }
    if table.is_empty() {
        return;
    }
    let rendered = table.render(style);
    let mut lines = rendered.lines();
    let _ = writeln!(text, "{}", lines.next().unwrap_or_default());
    for (line, (advice, standing)) in lines.zip(standings(build)) {
        let _ = writeln!(text, "{line}");
        let _ = writeln!(text, "    why   {}", advice.reason);
        if let Some(reference) = &advice.reference {
            let _ = writeln!(text, "    see   {reference}");
        }
        if let Standing::Overridden(later) = standing {
            let _ = writeln!(text, "    lost  {}", later_wins(later));
        }
    }
}
