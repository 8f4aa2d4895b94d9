//! Which packages a set of packages needs. Where packages are asked for is not known here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use orch_plugin::{Error, Problem, RegistryFile};

use crate::clause::{Clause, Relation};
use crate::programs;
use crate::settings::Wanted;
use crate::version::compare;

/// The machine's own C library: its dynamic linker starts every program, and fits no other.
pub(crate) const C_LIBRARY: &str = "libc6";

/// Where packages are asked for.
pub(crate) trait Index {
    /// A package of this version, or of the one that is usual; none if there is no such.
    fn find(&self, name: &str, version: Option<&str>) -> Result<Option<RegistryFile>, Error>;
    /// A name that the user may have meant.
    fn nearest(&self, name: &str) -> Option<String>;
    /// Whose packages there are, behind "there is no package `x`": ` for arm64`, or nothing
    /// for the machine's own.
    fn whose(&self) -> String;
}

/// What packages are unpacked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Programs that run on the machine that builds, by its own C library.
    Programs,
    /// Headers and libraries of another machine, its C library among them. Programs that they
    /// need, such as a compiler, are that machine's, so they are left out.
    Sysroot,
}

/// Packages with all that they need.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// By name.
    pub(crate) packages: BTreeMap<String, RegistryFile>,
    /// The earliest version of the machine's C library that the programs run with.
    pub(crate) c_library: Option<String>,
}

/// The packages that are wanted and all that they need. What is excluded counts as there.
pub(crate) fn resolve(
    wanted: &[Wanted<'_>],
    exclude: &[String],
    purpose: Purpose,
    index: &dyn Index,
) -> Result<Resolved, Error> {
    let mut search = Search {
        index,
        purpose,
        excluded: exclude.iter().map(String::as_str).collect(),
        resolved: Resolved::default(),
        open: VecDeque::new(),
    };
    if purpose == Purpose::Programs {
        search.excluded.insert(C_LIBRARY);
    }
    search.take_wanted(wanted)?;
    while let Some((by, clause)) = search.open.pop_front() {
        search.meet(&by, &clause)?;
    }
    Error::if_any(conflicts(&search.resolved.packages))?;
    Ok(search.resolved)
}

struct Search<'a> {
    index: &'a dyn Index,
    purpose: Purpose,
    excluded: BTreeSet<&'a str>,
    resolved: Resolved,
    /// What is to be met, with the package that needs it.
    open: VecDeque<(String, Clause)>,
}

impl Search<'_> {
    /// Takes what the user names; everything that is wrong with it at once.
    fn take_wanted(&mut self, wanted: &[Wanted<'_>]) -> Result<(), Error> {
        let mut problems = Vec::new();
        for (at, package) in wanted.iter().enumerate() {
            let place = format!("packages[{at}]");
            if package.name == C_LIBRARY && self.purpose == Purpose::Programs {
                problems.push(
                    Problem::new("the machine's own C library is used, not one of a package")
                        .at(place)
                        .hint(format!("take `{C_LIBRARY}` out of `packages`")),
                );
                continue;
            }
            match self.index.find(package.name, package.version)? {
                Some(file) => self.take(package.name, file),
                None => problems.push(self.unknown(package).at(place)),
            }
        }
        Error::if_any(problems)
    }

    /// That a package which the user names is not there.
    fn unknown(&self, package: &Wanted<'_>) -> Problem {
        let name = package.name;
        let whose = self.index.whose();
        if let Some(version) = package.version {
            return match self.index.find(name, None) {
                Ok(Some(file)) => Problem::new(format!(
                    "package `{name}` has no version `{version}`{whose} any more, or never had"
                ))
                .hint(format!(
                    "write `{name}={}`, the one that there is, or `{name}`",
                    file.version
                )),
                _ => Problem::new(format!("there is no package `{name}`{whose}")),
            };
        }
        let problem = Problem::new(format!("there is no package `{name}`{whose}"));
        match self.index.nearest(name) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(
                "`apt-cache search WORD` finds packages, `apt-get update` renews apt's lists",
            ),
        }
    }

    fn take(&mut self, name: &str, file: RegistryFile) {
        for text in &file.requires {
            // What cannot be read was written for a newer apt, which would refuse it too.
            if let Some(clause) = Clause::parse(text) {
                self.open.push_back((name.to_owned(), clause));
            }
        }
        self.resolved.packages.insert(name.to_owned(), file);
    }

    /// Sees that one of a clause's alternatives is there: what is taken already, or else the
    /// first that can be had, as apt does.
    fn meet(&mut self, by: &str, clause: &Clause) -> Result<(), Error> {
        for relation in &clause.alternatives {
            if relation.name == C_LIBRARY {
                self.needs_c_library(relation);
            }
        }
        if clause
            .alternatives
            .iter()
            .any(|relation| self.is_met(relation))
        {
            return Ok(());
        }
        let mut seen = None;
        for relation in &clause.alternatives {
            if self.resolved.packages.contains_key(&relation.name) {
                continue;
            }
            match self.index.find(&relation.name, None)? {
                Some(file) if relation.takes(&file.version) => {
                    self.take(&relation.name, file);
                    return Ok(());
                }
                Some(file) => seen = Some(format!("`{}` is {}", relation.name, file.version)),
                None => {}
            }
        }
        let whose = self.index.whose();
        let seen = seen.map_or_else(String::new, |seen| format!("; {seen}"));
        Err(Problem::new(format!(
            "package `{by}` needs `{clause}`, which apt does not have{whose}{seen}"
        ))
        .at("packages")
        // Of a package that is installed, apt names that version and has no file.
        .hint(
            "`apt-get update` renews apt's lists, where they are older than what is installed; \
             else name a package that provides it in `packages`, or what is not wanted in `exclude`",
        )
        .into())
    }

    fn is_met(&self, relation: &Relation) -> bool {
        let taken = &self.resolved.packages;
        let name = relation.name.as_str();
        let is_left_out = self.purpose == Purpose::Sysroot && programs::are_in_package(name);
        is_left_out
            || self.excluded.contains(name)
            || taken
                .get(name)
                .is_some_and(|file| relation.takes(&file.version))
            || taken.values().any(|file| provides(file, relation))
    }

    fn needs_c_library(&mut self, relation: &Relation) {
        let Some(version) = relation.at_least() else {
            return;
        };
        let known = &mut self.resolved.c_library;
        if known
            .as_deref()
            .is_none_or(|known| compare(known, version).is_lt())
        {
            *known = Some(version.to_owned());
        }
    }
}

fn provides(file: &RegistryFile, relation: &Relation) -> bool {
    file.provides
        .iter()
        .any(|text| relation.is_provided_by(text))
}

/// Every two packages that may not be beside each other, told once.
fn conflicts(packages: &BTreeMap<String, RegistryFile>) -> Vec<Problem> {
    let mut told = BTreeSet::new();
    let mut problems = Vec::new();
    for (name, file) in packages {
        let clauses = file.conflicts.iter().filter_map(|text| Clause::parse(text));
        for relation in clauses.flat_map(|clause| clause.alternatives) {
            let Some(other) = meant(&relation, name, packages) else {
                continue;
            };
            if !told.insert((name, other)) || told.contains(&(other, name)) {
                continue;
            }
            problems.push(
                Problem::new(format!("packages `{name}` and `{other}` conflict"))
                    .at("packages")
                    .hint("make a toolchain of each, or name one of the two in `exclude`"),
            );
        }
    }
    problems
}

/// The package that another one may not be beside. A package that provides what it conflicts
/// with means the others that do.
fn meant<'a>(
    relation: &Relation,
    name: &str,
    packages: &'a BTreeMap<String, RegistryFile>,
) -> Option<&'a String> {
    let mut others = packages.iter().filter(|(other, _)| *other != name);
    let found = others.find(|(other, file)| {
        let is_it = **other == relation.name && relation.takes(&file.version);
        is_it || provides(file, relation)
    });
    found.map(|(other, _)| other)
}

#[cfg(test)]
mod tests;
