//! What tuning set, as a user is told: by whom, why, and what overrode what.

use orch_tests::{Project, expect};

use crate::pinned::{PROGRAM, lock};
use crate::project;

const MODULE: &str = "module example.org/agent\n\ngo 1.21\n";

/// A project that can be planned, with these policies for a board of 8 GB.
fn planned(tuning: &str) -> Project {
    let project = project()
        .pipeline(&format!(
            "\
version = 1
name = \"agent\"

[toolchain.go]
version = \"1.22\"

[target.pi5]
platform = \"pi5\"
memory = \"8GB\"

[target.static]
platform = \"musl\"

[build.agent]
with = \"go\"
targets = [\"pi5\", \"static\"]
tuning = {tuning}
"
        ))
        .file("go", PROGRAM)
        .file("go.mod", MODULE)
        .file("main.go", "package main\n\nfunc main() {}\n");
    let url = format!("file://{}", project.path().join("go").display());
    project.file("orch.lock", lock(&url))
}

#[test]
fn a_table_says_who_set_what_and_why() {
    planned(r#"["go-release", "go-debug", "go-runtime"]"#)
        .orch(&["plan", "--tuning", "--target", "pi5"])
        .exits(0)
        .stdout(expect![[r#"
            build.agent@pi5
            TWEAK                KIND              BY          OUTCOME
            go.ldflags -s        build-flag        go-release  overridden
                why   leaves out the symbol table, which only debuggers and `go tool nm` read
                see   https://pkg.go.dev/cmd/link
                lost  `go-debug` stands later in `tuning` and sets go.ldflags -s=false
            go.flags -trimpath   build-flag        go-release  set
                why   names files by module and package, so that the program is the same from every folder and tells nothing of the machine that built it
                see   https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
            go.gcflags all=-N    build-flag        go-debug    set
                why   compiles without optimisation, so that every line and variable is there
                see   https://pkg.go.dev/cmd/compile
            go.gcflags all=-l    build-flag        go-debug    set
                why   inlines nothing, so that every function has a frame and can be stopped at
                see   https://pkg.go.dev/cmd/compile
            go.ldflags -s=false  build-flag        go-debug    set
                why   keeps the symbol table, by which functions and globals are found
                see   https://pkg.go.dev/cmd/link
            go.ldflags -w=false  build-flag        go-debug    set
                why   keeps the debug information, by which lines, types and variables are found
                see   https://pkg.go.dev/cmd/link
            go.flags -trimpath   build-flag        go-debug    set
                why   names files by module and package, the same from every folder; for module M in folder F tell gdb `set substitute-path M F`, and delve `config substitute-path M F`
                see   https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies
            GOMEMLIMIT=6553MiB   runtime-variable  go-runtime  advised
                why   80 % of the installed 8192 MiB = 6553 MiB: 10 % headroom for what the runtime does not count and 10 % for the kernel and other programs, if the service has the machine to itself
                see   https://go.dev/doc/gc-guide#Memory_limit
            GOGC=200             runtime-variable  go-runtime  advised
                why   the installed 8192 MiB / 4 cores = 2048 MiB a core ≥ 2048 MiB: twice the default of 100 about halves the collector's work, and `GOMEMLIMIT` bounds the memory that it costs
                see   https://go.dev/doc/gc-guide#GOGC
            GOMAXPROCS=4         runtime-variable  go-runtime  advised
                why   the target states 4 cores that software may use at once; before 1.25 the runtime counts the machine's CPUs and not what its cgroup may use
                see   https://pkg.go.dev/runtime#hdr-Environment_Variables

            What is advised takes effect where the program runs, and is for you to set there.
        "#]]);
}

#[test]
fn of_two_policies_that_disagree_the_later_one_is_passed_on() {
    let debugged = planned(r#"["go-release", "go-debug"]"#);
    debugged
        .orch(&["plan", "--target", "pi5"])
        .exits(0)
        .shows("drops    go.ldflags -s  [go-release] `go-debug` stands later in `tuning` and sets go.ldflags -s=false")
        .shows("-ldflags=-s=false -w=false'");
    debugged
        .orch(&["explain", "build.agent@pi5/compile"])
        .exits(0)
        .shows("not set  go.ldflags -s: `go-release` says leaves out the symbol table")
        .shows("; `go-debug` stands later in `tuning` and sets go.ldflags -s=false");
    debugged
        .orch(&["plan", "--tuning", "--output", "json"])
        .exits(0)
        .shows(r#""overridden_by":{"policy":"go-debug","tweak":"go.ldflags -s=false"}"#);

    planned(r#"["go-debug", "go-release"]"#)
        .orch(&["plan", "--target", "pi5"])
        .exits(0)
        .shows("drops    go.ldflags -s=false  [go-debug] `go-release` stands later")
        .shows("'-ldflags=-w=false -s'");
}

#[test]
fn what_a_target_does_not_say_is_not_advised() {
    let project = planned(r#"["go-runtime"]"#);
    project
        .orch(&["plan", "--tuning", "--target", "static"])
        .exits(0)
        .stdout(expect![[r#"
            build.agent@static
            nothing is set by tuning

        "#]]);
    project
        .orch(&["plan", "--target", "pi5"])
        .exits(0)
        .shows("advises  GOMEMLIMIT=6553MiB  [go-runtime] 80 % of the installed 8192 MiB");
    project
        .orch(&["explain", "build.agent@pi5/compile"])
        .exits(0)
        .shows("advised  GOMEMLIMIT=6553MiB: `go-runtime` says 80 %");
}

#[test]
fn a_policy_has_settings_of_its_own() {
    let project = planned(r#"["go-release", { policy = "go-runtime", memory = "512MiB" }]"#);
    project
        .orch(&["plan", "--tuning", "--target", "pi5"])
        .exits(0)
        .shows("GOMEMLIMIT=460MiB   runtime-variable  go-runtime  advised");
    project
        .orch(&["schema"])
        .exits(0)
        .shows("tuning-policy.go-runtime");
}

#[test]
fn a_policys_settings_are_checked_by_its_schema_and_by_itself() {
    planned(r#"[{ policy = "go-runtime", memory = "lots" }]"#)
        .orch(&["check"])
        .exits(2)
        .says("`memory`")
        .says("pipeline.toml:17:45");
    planned(r#"[{ policy = "go-runtime", memory = "64GiB" }]"#)
        .orch(&["plan"])
        .exits(2)
        .says("65536 MiB is more than the installed 8192 MiB");
    planned(r#"[{ memory = "512MiB" }]"#)
        .orch(&["check"])
        .exits(2)
        .says("has no `policy`");
}

#[test]
fn what_concerns_the_whole_machine_is_advised_only_where_the_pipeline_allows_it() {
    let silent = planned(r#"["system"]"#);
    silent
        .orch(&["plan", "--tuning", "--target", "pi5"])
        .exits(0)
        .shows("nothing is set by tuning");
    let tuning = r#"[{ policy = "system", allow-system = true, governor = "performance",
              unprotect = ["kernel.yama.ptrace_scope"] }]"#;
    planned(tuning)
        .orch(&["plan", "--tuning", "--target", "pi5"])
        .exits(0)
        .stdout(expect![[r#"
            build.agent@pi5
            TWEAK                                 KIND              BY      OUTCOME
            net.core.somaxconn=4096               kernel-parameter  system  advised
                why   bounds the connections that wait to be accepted; before Linux 5.4 it was 128, and a burst of more was refused
                see   https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables
            cpufreq.default_governor=performance  kernel-parameter  system  advised
                why   a parameter of the kernel's command line, not a sysctl (Linux 5.9): how the clock follows the load; `performance` costs power and heat
                see   https://docs.kernel.org/admin-guide/pm/cpufreq.html#generic-scaling-governors
            kernel.yama.ptrace_scope=0            kernel-parameter  system  advised
                why   lowers a protection, as `unprotect` asks: a debugger may attach to any program of the same user
                see   https://docs.kernel.org/admin-guide/LSM/Yama.html#ptrace-scope

            What is advised takes effect where the program runs, and is for you to set there.
        "#]]);
    planned(r#"[{ policy = "system", allow-system = true, unprotect = ["mitigations"] }]"#)
        .orch(&["check"])
        .exits(2)
        .says("mitigations");
}
