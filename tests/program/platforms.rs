//! What the bundled platforms say, held against those who know: the guide's tables against
//! the plan, and the plan against LLVM, GCC, QEMU and Go.

use std::collections::BTreeMap;
use std::fmt::Write;

use orch_tests::{Project, expect, tree};
use serde_json::Value;

use crate::compilers;
use crate::project;

/// A row of a table in docs/targets.md: one platform with some settings.
struct Row {
    /// The line as it stands there.
    line: String,
    platform: String,
    /// As a pipeline writes them, joined by commas.
    settings: String,
}

/// What the plan says of one row's target.
struct Planned {
    row: Row,
    target: Value,
}

#[test]
fn the_platforms_are_listed() {
    project()
        .orch(&["target", "list"])
        .exits(0)
        .stdout(expect![[r#"
            PLATFORM       PLUGIN    WHAT IT IS
            cortex-m0plus  cortex-m  microcontrollers with Cortex-M0+ (ARMv6-M)
            cortex-m3      cortex-m  microcontrollers with Cortex-M3 (ARMv7-M)
            cortex-m4      cortex-m  microcontrollers with Cortex-M4 without floating point (ARMv7E-M)
            cortex-m4f     cortex-m  microcontrollers with Cortex-M4 and floating point (ARMv7E-M)
            cortex-m7      cortex-m  microcontrollers with Cortex-M7 (ARMv7E-M)
            cortex-m23     cortex-m  microcontrollers with Cortex-M23 (ARMv8-M baseline)
            cortex-m33     cortex-m  microcontrollers with Cortex-M33 (ARMv8-M mainline)
            linux-amd64    generic   Linux on x86-64
            linux-arm64    generic   Linux on 64-bit Arm, ARMv8.0 and later
            linux-armv5    generic   Linux on ARMv5TE without floating point
            linux-armv6    generic   Linux on ARMv6 with floating point: Raspberry Pi 1 and Zero
            linux-armv7    generic   Linux on ARMv7 with floating point
            linux-riscv64  generic   Linux on 64-bit RISC-V, RVA20 and later
            darwin-amd64   generic   macOS on Intel
            darwin-arm64   generic   macOS on Apple silicon
            windows-amd64  generic   Windows on x86-64
            windows-arm64  generic   Windows on 64-bit Arm
            graviton       graviton  AWS Graviton 2, 3 and 4 (Neoverse N1, V1 and V2)
            altra          graviton  Ampere Altra and Altra Max (Neoverse N1)
            kunpeng        kunpeng   servers with Kunpeng 920 processors (TaiShan v110)
            musl           musl      static programs for any Linux, x86_64 or aarch64
            pi5            pi        Raspberry Pi 5, 500 and Compute Module 5 (BCM2712, 4 Cortex-A76)
            pi4            pi        Raspberry Pi 4, 400 and Compute Module 4 (BCM2711, 4 Cortex-A72)
            pi3            pi        Raspberry Pi 3, Compute Module 3 and Zero 2 W (BCM2837, RP3A0, 4 Cortex-A53)
            wasm           wasm      WebAssembly with WASI preview 1, or for a JavaScript engine
        "#]]);
}

#[test]
fn the_page_about_targets_is_true() {
    let mut wrong = String::new();
    for planned in planned() {
        let shown = planned.line();
        if planned.row.line != shown {
            let _ = writeln!(wrong, "{shown}");
        }
    }
    assert!(
        wrong.is_empty(),
        "docs/targets.md has other rows than these, which the plan shows:\n{wrong}"
    );
}

/// Whoever adds a platform adds a row.
#[test]
fn the_page_about_targets_has_every_platform() {
    let listed = project().orch(&["target", "list"]).exits(0).stdout;
    let rows = rows();
    for line in listed.lines().skip(1) {
        let platform = line.split_whitespace().next().unwrap_or_default();
        assert!(
            rows.iter().any(|row| row.platform == platform),
            "docs/targets.md has no row for `{platform}`"
        );
    }
}

#[test]
fn llvm_knows_every_cpu_and_what_it_has() {
    for planned in planned() {
        let (triple, cpu) = (planned.text("triple"), planned.text("cpu"));
        let features = planned.texts("features");
        if triple == compilers::NO_TRIPLE_OF_LLVM {
            continue;
        }
        let known = compilers::llvm(&triple);
        assert!(
            cpu.is_empty() || known.cpus.contains(&cpu),
            "{triple}: `{cpu}`"
        );
        for feature in &features {
            assert!(known.features.contains(feature), "{triple}: `{feature}`");
        }
        let Some(has) = compilers::llvm_has(&triple, &cpu) else {
            continue;
        };
        for feature in &features {
            assert!(
                has.contains(feature) || compilers::is_makers_choice(&cpu, feature),
                "LLVM gives `{cpu}` no `{feature}`"
            );
        }
    }
}

#[test]
fn gcc_knows_every_cpu() {
    for planned in planned() {
        let (triple, cpu) = (planned.text("triple"), planned.text("cpu"));
        if !cpu.is_empty() {
            compilers::assert_known_to_gcc(&triple, &cpu, &planned.texts("features"));
        }
    }
}

#[test]
fn qemu_knows_every_cpu_that_a_smoke_run_names() {
    for planned in planned() {
        if let [program, flag, cpu] = &planned.texts("emulator")[..]
            && flag == "-cpu"
        {
            assert!(
                compilers::qemu(program).contains(cpu),
                "`{program}` has no `{cpu}`"
            );
        }
    }
}

/// A real Go release takes each value, and none that it does not know.
#[test]
fn go_takes_what_each_target_tells_it() {
    let mut pipeline = "version = 1\nname = \"values\"\n\n[toolchain.go]\nversion = \"1.24\"\n\
        source = \"registry\"\n"
        .to_owned();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for planned in planned() {
        for pair in planned.texts("environment") {
            if let Some((name, value)) = pair.split_once('=')
                && name.starts_with("GO")
            {
                values.insert(format!("{name}-{value}"), pair.clone());
            }
        }
    }
    assert!(values.len() > 10, "{values:?}");
    values.insert("wrong".to_owned(), "GOARM64=v7.0".to_owned());
    for (index, pair) in values.values().enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or_default();
        let arch = name.trim_start_matches("GO").to_lowercase();
        let _ = write!(
            pipeline,
            "\n[task.take{index}]\ncommand = [\"go\", \"list\", \"runtime\"]\ntools = [\"go\"]\n\
             env = {{ GOOS = \"linux\", GOARCH = \"{arch}\", {name} = \"{value}\" }}\n"
        );
    }
    let wrong = values.keys().position(|name| name == "wrong");
    let project = project().pipeline(&pipeline);
    let ran = project.orch(&["run", "--keep-going"]).exits(1);
    let failed: Vec<_> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("failed"))
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}\n{}", ran.stderr);
    let named = format!("task.take{}", wrong.unwrap_or_default());
    assert!(failed[0].contains(&named), "{failed:?}");
    assert!(ran.stderr.contains("invalid GOARM64"), "{}", ran.stderr);
}

/// Real programs for the new platforms: found to fit, and run where this machine can.
#[test]
fn programs_are_built_for_boards_servers_and_javascript() {
    let project = project()
        .file("go.mod", "module agent\n\ngo 1.21\n")
        .file(
            "main.go",
            "package main\n\nfunc main() { println(\"up\") }\n",
        )
        .pipeline(BUILDS);
    let ran = project.orch(&["run"]).exits(0);
    for target in ["pi4", "graviton4", "old", "page"] {
        let smoke = format!("build.agent@{target}/smoke");
        let line = ran.stderr.lines().find(|line| line.contains(&smoke));
        assert!(
            line.is_some_and(|line| line.starts_with("done")),
            "{smoke} did not run; apt-get install qemu-user-static nodejs\n{}",
            ran.stderr
        );
    }
    for file in ["agent.wasm", "wasm_exec.js", "wasm_exec_node.js"] {
        let path = project.path().join("out/agent/page").join(file);
        assert!(path.is_file(), "{file} does not ship");
    }
    let again = project.orch(&["run", "--offline"]).exits(0);
    again.says("nothing to do");
}

/// One program for four kinds of machine, the last a page in a browser.
const BUILDS: &str = "\
version = 1
name = \"agent\"

[toolchain.go]
version = \"1.24\"
source = \"registry\"

[target.pi4]
platform = \"pi4\"
[target.graviton4]
platform = \"graviton\"
cpu = \"graviton4\"
[target.old]
platform = \"pi3\"
system = \"32-bit\"
[target.page]
platform = \"wasm\"
host = \"js\"

[build.agent]
with = \"go\"
targets = [\"pi4\", \"graviton4\", \"old\", \"page\"]
smoke = []
";

impl Planned {
    /// The row as it should stand in the guide.
    fn line(&self) -> String {
        let code = |text: String| match text.is_empty() {
            true => String::new(),
            false => format!("`{text}`"),
        };
        let pages: Vec<_> = self.target["page_bytes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .map(|bytes| format!("{}K", bytes >> 10))
            .collect();
        let plugin = self.target["by"]["plugin"].as_str().unwrap_or_default();
        let cells = [
            code(self.row.platform.clone()),
            code(self.row.settings.clone()),
            code(self.text("triple")),
            code(self.text("cpu")),
            code(self.texts("features").join(" ")),
            pages.join(", "),
            code(self.texts("environment").join(" ")),
            code(self.texts("emulator").join(" ")),
            format!("[{plugin}](../plugins/{plugin})"),
        ];
        cells.iter().fold("|".to_owned(), |line, cell| {
            let space = if cell.is_empty() { "" } else { " " };
            line + space + cell + " |"
        })
    }

    fn text(&self, field: &str) -> String {
        let value = self.target[field].as_str();
        value.unwrap_or_default().to_owned()
    }

    fn texts(&self, field: &str) -> Vec<String> {
        let list = self.target[field].as_array();
        list.into_iter()
            .flatten()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    }
}

/// Every row of the guide's tables.
fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(tree::root().join("docs/targets.md"))
        .expect("the guide has a page about targets");
    let rows: Vec<Row> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|');
            let mut cell = || Some(cells.next()?.trim().trim_matches('`').to_owned());
            Some(Row {
                line: line.to_owned(),
                platform: cell()?,
                settings: cell()?,
            })
        })
        // The page names its columns in code too.
        .filter(|row| row.platform != "platform")
        .collect();
    assert!(rows.len() > 20, "docs/targets.md has tables");
    rows
}

/// Every row with what the plan says of it: one pipeline has them all as targets.
fn planned() -> Vec<Planned> {
    let rows = rows();
    let (tables, names) = tables(&rows);
    let look = format!("\n[task.look]\ncommand = [\"true\"]\ntargets = [{names}]\n");
    let pipeline = format!("version = 1\nname = \"targets\"\n{tables}{look}");
    let targets = targets(&project().pipeline(&pipeline));
    assert_eq!(targets.len(), rows.len());
    rows.into_iter()
        .zip(targets)
        .map(|(row, target)| Planned { row, target })
        .collect()
}

/// The platforms that have a C library, as [`tables`] has them: neither a bare machine nor a
/// JavaScript engine.
pub fn with_a_c_library() -> (String, String) {
    tables_of(|line| !line.contains("-none-eabi") && !line.contains("wasm32-unknown-js"))
}

/// The rows of the guide whose lines these are, as [`tables`] has them.
pub fn tables_of(is_wanted: impl Fn(&str) -> bool) -> (String, String) {
    let mut rows = rows();
    rows.retain(|row| is_wanted(&row.line));
    tables(&rows)
}

/// A `[target.*]` table for each row, and their names as a list in TOML has them.
fn tables(rows: &[Row]) -> (String, String) {
    let mut tables = String::new();
    let mut names = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let settings = row.settings.replace(", ", "\n");
        let _ = write!(
            tables,
            "\n[target.row{index}]\nplatform = \"{}\"\n{settings}\n",
            row.platform
        );
        names.push(format!("\"row{index}\""));
    }
    (tables, names.join(", "))
}

/// The targets of a project's plan.
fn targets(project: &Project) -> Vec<Value> {
    let plan = plan(project);
    plan["targets"].as_array().cloned().unwrap_or_default()
}

/// The event that tells a project's plan.
pub fn plan(project: &Project) -> Value {
    let ran = project.orch(&["plan", "--output", "json"]).exits(0);
    ran.stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("an event is JSON"))
        .find(|event| event["event"] == "plan")
        .expect("a plan is among the events")
}
