//! Well-known programs for those who work with Go: the module of each, and its package below
//! that, as its own page tells to install it.

/// The program's name, its module, and its package below that.
type Known = (&'static str, &'static str, &'static str);

const KNOWN: [Known; 7] = [
    // https://pkg.go.dev/golang.org/x/perf/cmd/benchstat
    ("benchstat", "golang.org/x/perf", "/cmd/benchstat"),
    // https://github.com/go-delve/delve/tree/master/Documentation/installation
    ("dlv", "github.com/go-delve/delve", "/cmd/dlv"),
    // https://github.com/mvdan/gofumpt
    ("gofumpt", "mvdan.cc/gofumpt", ""),
    // https://pkg.go.dev/golang.org/x/tools/cmd/goimports
    ("goimports", "golang.org/x/tools", "/cmd/goimports"),
    // https://go.dev/gopls/
    ("gopls", "golang.org/x/tools/gopls", ""),
    // https://go.dev/doc/security/vuln
    ("govulncheck", "golang.org/x/vuln", "/cmd/govulncheck"),
    // https://staticcheck.dev/docs/getting-started/
    ("staticcheck", "honnef.co/go/tools", "/cmd/staticcheck"),
];

pub(super) fn find(name: &str) -> Option<Known> {
    KNOWN.into_iter().find(|(known, ..)| *known == name)
}

/// All of them, for a message.
pub(super) fn names() -> String {
    KNOWN.map(|(name, ..)| format!("`{name}`")).join(", ")
}
