//! What the Go compiler is told. Go applies flags to the packages of a pattern, those that
//! are built by name without one, and of several patterns that fit a package the last counts
//! alone: <https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies>

/// The pattern that means every package of a program, with the `=` behind it.
const EVERYWHERE: &str = "all=";

/// The arguments of `go build` for the flags of tuning and the user's. A policy writes
/// `all=-N` for a flag that is meant for every package.
pub(crate) fn arguments(tuning: &[&str], user: &[String]) -> Vec<String> {
    let everywhere: Vec<&str> = tuning
        .iter()
        .filter_map(|flag| flag.strip_prefix(EVERYWHERE))
        .collect();
    let named: Vec<&str> = tuning
        .iter()
        .filter(|flag| !flag.starts_with(EVERYWHERE))
        .copied()
        .collect();
    let user = user.join(" ");
    let (pattern, user) = pattern_of(&user);
    let (own, under_pattern) = match pattern {
        "" => (user, ""),
        _ => ("", user),
    };

    let mut arguments = Vec::new();
    if !everywhere.is_empty() {
        arguments.push(argument(EVERYWHERE, &everywhere, &[]));
    }
    // A later argument takes the place of an earlier one, so each repeats what is for all.
    if !named.is_empty() || !own.is_empty() {
        arguments.push(argument("", &everywhere, &[named, vec![own]].concat()));
    }
    if !pattern.is_empty() {
        arguments.push(argument(pattern, &everywhere, &[under_pattern]));
    }
    arguments
}

/// What stands before the flags: a pattern of packages with its `=`, or nothing.
fn pattern_of(flags: &str) -> (&str, &str) {
    match flags.find('=') {
        Some(at) if !flags.starts_with('-') => flags.split_at(at + 1),
        _ => ("", flags),
    }
}

fn argument(pattern: &str, everywhere: &[&str], more: &[&str]) -> String {
    let flags = everywhere.iter().chain(more);
    let flags: Vec<&str> = flags.copied().filter(|flag| !flag.is_empty()).collect();
    format!("-gcflags={pattern}{}", flags.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_for_every_package_stays_with_each_argument() {
        let of = |tuning: &[&str], user: &[&str]| {
            let user: Vec<String> = user.iter().map(|flag| (*flag).to_owned()).collect();
            arguments(tuning, &user)
        };
        let debug = ["all=-N", "all=-l"];
        assert!(of(&[], &[]).is_empty());
        assert_eq!(of(&["-B"], &["-l"]), ["-gcflags=-B -l"]);
        assert_eq!(of(&debug, &[]), ["-gcflags=all=-N -l"]);
        assert_eq!(
            of(&["-B", "all=-N"], &["-d=checkptr"]),
            ["-gcflags=all=-N", "-gcflags=-N -B -d=checkptr"]
        );
        assert_eq!(
            of(&debug, &["std=-m", "-S"]),
            ["-gcflags=all=-N -l", "-gcflags=std=-N -l -m -S"]
        );
        assert_eq!(of(&[], &["all=-N", "-l"]), ["-gcflags=all=-N -l"]);
    }
}
