//! What well-known programs need in their environment when a task runs them: folders of the
//! action's own or kept ones, in place of the user's home.

use orch_plugin::{Variable, cache, scratch};

use crate::program::Found;

pub(crate) fn of(programs: &[Found]) -> Vec<Variable> {
    let has = |name: &str| programs.iter().any(|program| program.name == name);
    let mut variables = Vec::new();
    if has("go") {
        // `go help environment`. The caches are called as the builder `go` calls its own.
        variables.extend([
            Variable::new("GOTOOLCHAIN", "local"),
            Variable::new("GOENV", "off"),
            Variable::new("GOCACHE", cache("build")),
            Variable::new("GOMODCACHE", cache("modules")),
            Variable::new("GOPATH", scratch("gopath")),
        ]);
    }
    if has("cargo") {
        // https://doc.rust-lang.org/cargo/reference/environment-variables.html
        variables.push(Variable::new("CARGO_HOME", cache("cargo")));
    }
    variables
}
