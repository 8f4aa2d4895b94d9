//! Rights to files, sockets and signals, taken by Landlock: what a mount allows by mistake,
//! this does not.

use std::error::Error;

use ::landlock::{
    ABI, Access, AccessFs, PathBeneath, PathFd, RestrictionStatus, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope,
};

use crate::layout::ROOT;
use crate::{Missing, Protection};

/// The newest rights that are asked for; an older kernel takes those that it knows.
const NEWEST: ABI = ABI::V6;

/// Below these, everything is allowed that the mounts allow.
const OWN: [&str; 4] = ["source", "output", "scratch", "cache"];

pub(super) fn restrict() -> Result<(), Missing> {
    let missing = |why: String| Missing {
        protection: Protection::Landlock,
        why,
    };
    let status = enforce().map_err(|error| missing(error.to_string()))?;
    match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => Err(missing("the kernel does not offer it".to_owned())),
    }
}

fn enforce() -> Result<RestrictionStatus, Box<dyn Error>> {
    let everything = AccessFs::from_all(NEWEST);
    let devices = AccessFs::WriteFile | AccessFs::IoctlDev;
    let mut rules = Ruleset::default()
        .handle_access(everything)?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rule(PathBeneath::new(
            PathFd::new("/")?,
            AccessFs::from_read(NEWEST),
        ))?
        .add_rule(PathBeneath::new(PathFd::new("/dev")?, devices))?;
    for name in OWN {
        let folder = PathFd::new(format!("{ROOT}/{name}"))?;
        rules = rules.add_rule(PathBeneath::new(folder, everything))?;
    }
    Ok(rules.restrict_self()?)
}
