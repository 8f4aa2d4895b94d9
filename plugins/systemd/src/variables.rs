//! The file of variables that others cannot read. What the host puts in place of a placeholder can be
//! any text, a quote and a line's end among them, so it goes into a file of its own first, and a script
//! on the machine quotes it: as systemd.exec(5), `EnvironmentFile=`, has it, where nothing means
//! anything between single quotes but the next one.

use orch_plugin::deployer::Step;

/// The file that systemd reads.
pub(crate) const VARIABLES: &str = "environment";

const SCRIPT: &str = "join-variables";

/// Writes the file of the variables that it is told: a single quote ends what is quoted, stands in
/// double ones, and begins the rest.
const JOIN: &str = "#!/bin/sh
set -eu
umask 077
for name in \"$@\"; do
    printf \"%s='\" \"$name\"
    sed \"s/'/'\\\"'\\\"'/g\" \"variable-$name\"
    printf \"'\\n\"
done >environment
";

/// What makes the file; nothing where there are no such variables.
pub(crate) fn steps(variables: &[(String, String)]) -> Vec<Step> {
    if variables.is_empty() {
        return Vec::new();
    }
    let files = variables.iter();
    let files = files.map(|(name, value)| Step::write_private(format!("variable-{name}"), value));
    let mut steps: Vec<Step> = files.collect();
    let names = variables.iter().map(|(name, _)| name.as_str());
    let command: Vec<&str> = ["sh", SCRIPT].into_iter().chain(names).collect();
    steps.extend([Step::write(SCRIPT, JOIN), Step::run(&command)]);
    steps
}

/// Whether a file of a release is one of these.
pub(crate) fn is_file(name: &str) -> bool {
    name == VARIABLES || name == SCRIPT || name.starts_with("variable-")
}
