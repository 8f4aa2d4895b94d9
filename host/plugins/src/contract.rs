//! The names in the plugin contract that this host speaks: what a component may import
//! and what each role exports. The types behind them are in `v0_1`.

use orch_model::Role;
use semver::Version;

/// The version of the contract (`wit/`) that this host speaks.
pub(crate) const CONTRACT_VERSION: Version = Version::new(0, 1, 0);

/// The contract's package.
pub(crate) const PACKAGE: &str = "orch:plugin";

/// The functions of an interface that every plugin may import; `None` for an interface
/// that the contract does not have.
pub(crate) fn import_functions(interface: &str) -> Option<&'static [&'static str]> {
    Some(match interface {
        "types" => &[],
        "log" => &["write"],
        "facts" => &[
            "host-machine",
            "variable",
            "read",
            "glob",
            "download",
            "package-versions",
            "package-file",
            "program",
            "run",
        ],
        _ => return None,
    })
}

/// The functions that a role's interface must have.
pub(crate) fn role_functions(role: Role) -> &'static [&'static str] {
    match role {
        Role::ToolchainSource => &["releases", "locate"],
        Role::Builder => &["plan"],
        Role::TargetPlatform => &["offers", "describe", "recognise", "finish"],
        Role::TuningPolicy => &["offers", "advise", "knobs", "propose", "apply"],
        Role::BenchmarkProbe => &["offers", "plan", "read"],
        Role::Deployer => &["plan"],
    }
}

/// The role whose interface has this name.
pub(crate) fn role_of(interface: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.name() == interface)
}

/// The full name of an interface of the contract, as components spell it.
pub(crate) fn full_name(interface: &str) -> String {
    format!("{PACKAGE}/{interface}@{CONTRACT_VERSION}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions that an interface has in the text of the contract.
    fn functions_in_wit(interface: &str) -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
        let text: String = std::fs::read_dir(folder)
            .expect("wit/ is there")
            .map(|entry| entry.expect("wit/ can be listed").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
            .map(|path| std::fs::read_to_string(path).expect("wit/ can be read"))
            .collect();
        let (_, body) = text
            .split_once(&format!("\ninterface {interface} {{"))
            .unwrap_or_else(|| panic!("wit/ has no interface `{interface}`"));
        let (body, _) = body.split_once("\n}").expect("an interface ends");
        body.lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("//"))
            .filter_map(|line| line.split_once(": func("))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    #[test]
    fn names_are_those_of_the_contract() {
        for interface in ["types", "log", "facts"] {
            let names = import_functions(interface).expect("the contract has it");
            assert_eq!(functions_in_wit(interface), names, "{interface}");
        }
        for role in Role::ALL {
            assert_eq!(
                functions_in_wit(role.name()),
                role_functions(role),
                "{role}"
            );
        }
    }
}
