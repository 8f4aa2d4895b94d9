//! What of a Go tree compiling does not need. `go build`, `go vet`, `go test` and cgo work
//! without; `go build -race`, `go tool trace` and `go doc` do not.

/// Patterns below the tree's root. Each names nothing in some releases: 1.20 dropped compiled
/// packages (<https://go.dev/doc/go1.20#go-command>), 1.25 most tools
/// (<https://go.dev/doc/go1.25#go-command>), and the registry's archives have no documentation.
pub(crate) const PATTERNS: &[&str] = &[
    // Documentation, lists of what each release brought, and the tests of the whole.
    "doc/**",
    "api/**",
    "test/**",
    // Extras of which only those for WebAssembly matter to a build.
    "misc/[!w]*/**",
    // Tests and their data.
    "src/**/*_test.go",
    "src/**/testdata/**",
    // The race detector: its runtime, and packages compiled for it.
    "src/runtime/race/**/*.syso",
    "pkg/*_race/**",
    // Tools for looking at profiles, traces and documentation.
    "pkg/tool/*/addr2line*",
    "pkg/tool/*/doc*",
    "pkg/tool/*/fix*",
    "pkg/tool/*/pprof*",
    "pkg/tool/*/trace*",
    // The sources of the tools, which are there as programs.
    "src/cmd/**",
];
