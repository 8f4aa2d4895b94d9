//! The environment that every program of a Go toolchain needs, be it run by a build or by
//! a task: nothing of the user's is read, nothing is kept but two caches.
//! Each variable stands in `go help environment`.

use orch_plugin::{Variable, cache, scratch};

/// The directory of compiled packages that is kept between runs.
pub const BUILD_CACHE: &str = "build";
/// The directory of downloaded modules that is kept between runs.
pub const MODULE_CACHE: &str = "modules";

/// The variables that do not depend on what is built.
pub fn of_toolchain() -> Vec<Variable> {
    vec![
        // Another release, which `go.mod` may name, is for the pipeline to ask for.
        Variable::new("GOTOOLCHAIN", "local"),
        // No file of defaults that `go env -w` wrote.
        Variable::new("GOENV", "off"),
        Variable::new("GOCACHE", cache(BUILD_CACHE)),
        Variable::new("GOMODCACHE", cache(MODULE_CACHE)),
        Variable::new("GOPATH", scratch("gopath")),
        // Modules are fetched where a build or a task says so, and nowhere else.
        Variable::new("GOPROXY", "off"),
        // A C compiler that happens to be there is no part of the plan.
        Variable::new("CGO_ENABLED", "0"),
        // Telemetry is counted in the user's configuration folder, and no variable of its
        // own turns that off (`go env` shows `GOTELEMETRY`, but the environment's is never
        // read). A folder that cannot be made is none.
        Variable::new("XDG_CONFIG_HOME", "/dev/null"),
    ]
}
