//! Which packages are taken of small worlds made up here, and of five hundred larger ones.

use expect_test::expect;

use super::*;

/// Packages that there are: name, version, what each requires, provides, conflicts with.
#[derive(Default)]
struct World(BTreeMap<String, RegistryFile>);

impl World {
    fn with(mut self, name: &str, version: &str, relations: [&[&str]; 3]) -> Self {
        let [requires, provides, conflicts] = relations.map(owned);
        let file = RegistryFile {
            url: format!("pkg:deb/debian/{name}@{version}"),
            digest: String::new(),
            bytes: None,
            version: version.to_owned(),
            requires,
            provides,
            conflicts,
        };
        self.0.insert(name.to_owned(), file);
        self
    }

    fn needs(self, name: &str, requires: &[&str]) -> Self {
        self.with(name, "1", [requires, &[], &[]])
    }

    fn resolve(&self, wanted: &[&str], exclude: &[&str]) -> Result<Resolved, Error> {
        let wanted: Vec<_> = wanted.iter().map(|text| Wanted::of(text)).collect();
        resolve(&wanted, &owned(exclude), Purpose::Programs, self)
    }

    fn names(&self, wanted: &[&str], exclude: &[&str]) -> String {
        let resolved = self.resolve(wanted, exclude).expect("they can be had");
        let names: Vec<_> = resolved.packages.into_keys().collect();
        names.join(" ")
    }

    fn refusal(&self, wanted: &[&str]) -> String {
        match self.resolve(wanted, &[]) {
            Err(Error::Invalid(problems)) => {
                let line = |problem: &Problem| {
                    let place = problem.setting.clone().unwrap_or_default();
                    let hint = problem.hint.clone().unwrap_or_default();
                    format!("{place}: {}\n  {hint}\n", problem.message)
                };
                problems.iter().map(line).collect()
            }
            other => panic!("{other:?}"),
        }
    }
}

impl Index for World {
    fn find(&self, name: &str, version: Option<&str>) -> Result<Option<RegistryFile>, Error> {
        let file = self.0.get(name).cloned();
        Ok(file.filter(|file| version.is_none_or(|version| version == file.version)))
    }

    fn nearest(&self, _: &str) -> Option<String> {
        Some("gcc".to_owned())
    }

    fn whose(&self) -> String {
        String::new()
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn what_is_needed_comes_along_but_for_the_c_library() {
    let world = World::default()
        .needs("gcc", &["cpp (= 1)", "libc6 (>= 2.34)", "zlib1g"])
        .needs("cpp", &["gcc", "libc6 (>= 2.9)"])
        .needs("zlib1g", &["libc6 (>= 2.14)"]);
    assert_eq!(world.names(&["gcc"], &[]), "cpp gcc zlib1g");
    assert_eq!(world.names(&["gcc"], &["zlib1g"]), "cpp gcc");
    let resolved = world.resolve(&["gcc"], &[]).unwrap();
    assert_eq!(resolved.c_library.as_deref(), Some("2.34"));
}

#[test]
fn the_first_alternative_that_can_be_had_is_taken() {
    let world = World::default()
        .needs("a", &["gone | old (>= 2) | b | c"])
        .needs("old", &[])
        .needs("b", &[])
        .with("c", "1", [&[], &["b"], &[]])
        .with("d", "1", [&[], &["virtual (= 2)"], &[]])
        .needs("e", &["virtual (>= 2)"]);
    assert_eq!(world.names(&["a"], &[]), "a b");
    // What is there already will do.
    assert_eq!(world.names(&["a", "c"], &[]), "a c");
    assert_eq!(world.names(&["d", "e"], &[]), "d e");
}

#[test]
fn what_cannot_be_had_is_told_with_a_remedy() {
    let world = World::default()
        .needs("a", &["b (>= 2)"])
        .needs("b", &[])
        .needs("c", &["virtual"])
        .with("d", "1", [&[], &["mail"], &["mail"]])
        .with("e", "1", [&[], &["mail"], &["mail"]]);
    let refusals = [
        &["a"][..],
        &["c"],
        &["d", "e"],
        &["gccc", "libc6"],
        &["a=3", "x=1"],
    ]
    .map(|wanted| world.refusal(wanted))
    .join("\n");
    expect![[r#"
        packages: package `a` needs `b (>= 2)`, which apt does not have; `b` is 1
          `apt-get update` renews apt's lists, where they are older than what is installed; else name a package that provides it in `packages`, or what is not wanted in `exclude`

        packages: package `c` needs `virtual`, which apt does not have
          `apt-get update` renews apt's lists, where they are older than what is installed; else name a package that provides it in `packages`, or what is not wanted in `exclude`

        packages: packages `d` and `e` conflict
          make a toolchain of each, or name one of the two in `exclude`

        packages[0]: there is no package `gccc`
          did you mean `gcc`?
        packages[1]: the machine's own C library is used, not one of a package
          take `libc6` out of `packages`

        packages[0]: package `a` has no version `3` any more, or never had
          write `a=1`, the one that there is, or `a`
        packages[1]: there is no package `x`
          
    "#]]
    .assert_eq(&refusals);
}

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// A world in which everything can be had somehow.
fn some_world(seed: u64) -> World {
    const COUNT: u64 = 12;
    let mut numbers = Numbers(seed);
    (0..COUNT).fold(World::default(), |world, index| {
        let mut requires = Vec::new();
        for _ in 0..numbers.below(4) {
            let version = numbers.below(3);
            let (gone, there) = (COUNT + numbers.below(4), numbers.below(COUNT));
            requires.push(format!("p{gone} (>= {version}) | p{there}"));
        }
        let requires: Vec<_> = requires.iter().map(String::as_str).collect();
        let provided = format!("p{}", COUNT + numbers.below(4));
        world.with(&format!("p{index}"), "1", [&requires, &[&provided], &[]])
    })
}

#[test]
fn whatever_is_resolved_lacks_nothing_and_has_nothing_beside() {
    for seed in 0..500 {
        let world = some_world(seed);
        let resolved = world
            .resolve(&["p0", "p5"], &["p7"])
            .expect("it can be had");
        let packages = &resolved.packages;
        let is_there = |relation: &Relation| {
            relation.name == "p7"
                || packages.contains_key(&relation.name)
                || packages.values().any(|file| provides(file, relation))
        };
        for (name, file) in packages {
            for text in &file.requires {
                let clause = Clause::parse(text).unwrap();
                assert!(
                    clause.alternatives.iter().any(is_there),
                    "{seed}: {name}: {text}"
                );
            }
            let is_needed = packages.values().any(|other| {
                let clauses = other.requires.iter().filter_map(|text| Clause::parse(text));
                clauses
                    .flat_map(|clause| clause.alternatives)
                    .any(|one| one.name == *name)
            });
            assert!(
                is_needed || ["p0", "p5"].contains(&name.as_str()),
                "{seed}: {name}"
            );
        }
        let again = world.resolve(&["p0", "p5"], &["p7"]).unwrap();
        assert!(again.packages.keys().eq(packages.keys()), "{seed}");
    }
}
