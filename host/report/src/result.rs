//! What a run made: a row for each artifact.

use std::time::Duration;

use orch_model::{Digest, MemoryUse};
use serde::{Deserialize, Serialize};

use crate::duration::human_duration;
use crate::size::human_bytes;
use crate::style::Style;
use crate::table::Table;

/// Where an artifact came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResultOrigin {
    /// Every step was kept from before.
    Cached,
    /// Every step was done in this run.
    Built,
    /// Some steps were done in this run, others kept from before.
    Partly,
}

impl ResultOrigin {
    /// One word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ResultOrigin::Cached => "cached",
            ResultOrigin::Built => "built",
            ResultOrigin::Partly => "partly",
        }
    }
}

/// An artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRow {
    /// The build's name.
    pub build: String,
    /// The target's name.
    pub target: String,
    /// The toolchain's name, for a cell of a matrix.
    #[serde(default)]
    pub toolchain: Option<String>,
    /// Where it lies, below the pipeline's folder.
    pub artifact: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Of its content.
    pub digest: Digest,
    /// What it is: `ELF 64-bit aarch64, statically linked`.
    pub kind: String,
    /// What it takes of the memories of a machine without an operating system.
    #[serde(default)]
    pub memories: Vec<MemoryUse>,
    /// What all its steps took in this run.
    pub took: Duration,
    /// Where it came from.
    pub origin: ResultOrigin,
    /// What came of its smoke run, in a word or two; empty where there is none.
    pub smoke: String,
}

/// The artifacts as a table. Where one line a row is too wide, what the artifact is and how
/// its smoke run went stand on a second line.
pub fn render_results(rows: &[ResultRow], style: Style) -> String {
    let wide = table(rows, false);
    let mut text = if wide.natural_width() <= style.width {
        wide.render(style)
    } else {
        table(rows, true).render(style)
    };
    if rows.iter().any(|row| !row.memories.is_empty()) {
        text.push('\n');
        text.push_str(&memories(rows).render(style));
    }
    text
}

/// How full the memories are that firmware lies in.
fn memories(rows: &[ResultRow]) -> Table {
    let headers = vec!["artifact", "memory", "used", "of", "full", "largest there"];
    let mut table = Table::new(headers).right(2).right(3).right(4);
    for row in rows {
        for taken in &row.memories {
            let share = u128::from(taken.used) * 100 / u128::from(taken.bytes.max(1));
            let named = |(name, bytes): &(String, u64)| format!("{name} {}", human_bytes(*bytes));
            let largest: Vec<_> = taken.largest.iter().map(named).collect();
            table.row(vec![
                &row.artifact,
                &taken.memory,
                &human_bytes(taken.used),
                &human_bytes(taken.bytes),
                &format!("{share} %"),
                &largest.join(", "),
            ]);
        }
    }
    table
}

fn table(rows: &[ResultRow], two_lines: bool) -> Table {
    let with_smoke = rows.iter().any(|row| !row.smoke.is_empty());
    let in_matrix = rows.iter().any(|row| row.toolchain.is_some());
    let mut headers = vec!["build", "target"];
    if in_matrix {
        headers.push("toolchain");
    }
    let size = headers.len() + 1;
    headers.extend(["artifact", "size", "time", "from", "digest"]);
    if !two_lines {
        headers.push("kind");
        if with_smoke {
            headers.push("smoke run");
        }
    }
    let mut table = Table::new(headers).right(size).right(size + 1);
    for row in rows {
        let size = human_bytes(row.bytes);
        let took = human_duration(row.took);
        let digest = row.digest.short();
        let mut cells = vec![&*row.build, &*row.target];
        if in_matrix {
            cells.push(row.toolchain.as_deref().unwrap_or_default());
        }
        cells.extend([
            &*row.artifact,
            &*size,
            &*took,
            row.origin.as_str(),
            &*digest,
        ]);
        if two_lines {
            let note = match row.smoke.is_empty() {
                true => row.kind.clone(),
                false => format!("{}; smoke run: {}", row.kind, row.smoke),
            };
            table.row_with_note(cells, &note);
        } else {
            cells.extend([&*row.kind, &*row.smoke]);
            table.row(cells);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn rows() -> Vec<ResultRow> {
        vec![
            ResultRow {
                build: "agent".into(),
                target: "pi5".into(),
                toolchain: None,
                artifact: "out/agent/pi5/agent".into(),
                bytes: 4_612_345,
                digest: Digest::of("pi5"),
                kind: "ELF 64-bit aarch64, statically linked".into(),
                memories: Vec::new(),
                took: Duration::from_millis(10_432),
                origin: ResultOrigin::Built,
                smoke: "ok (qemu-aarch64)".into(),
            },
            ResultRow {
                build: "readings".into(),
                target: "wasm".into(),
                toolchain: None,
                artifact: "out/readings/wasm/readings.wasm".into(),
                bytes: 1_900_000,
                digest: Digest::of("wasm"),
                kind: "WebAssembly module, wasip1".into(),
                memories: Vec::new(),
                took: Duration::ZERO,
                origin: ResultOrigin::Cached,
                smoke: String::new(),
            },
        ]
    }

    #[test]
    fn one_line_a_row_where_there_is_room() {
        expect![[r#"
            BUILD     TARGET  ARTIFACT                           SIZE    TIME  FROM    DIGEST        KIND                                   SMOKE RUN
            agent     pi5     out/agent/pi5/agent              4.6 MB  10.4 s  built   53a7ec63ba41  ELF 64-bit aarch64, statically linked  ok (qemu-aarch64)
            readings  wasm    out/readings/wasm/readings.wasm  1.9 MB   <1 ms  cached  336154bf67f7  WebAssembly module, wasip1
        "#]].assert_eq(&render_results(&rows(), Style::PLAIN));
    }

    #[test]
    fn two_lines_a_row_on_a_narrow_terminal() {
        let style = Style {
            color: false,
            width: 80,
        };
        expect![[r#"
            BUILD     TARGET  ARTIFACT                    SIZE    TIME  FROM    DIGEST
            agent     pi5     out/agent/pi5/agent       4.6 MB  10.4 s  built   53a7ec63ba41
              ELF 64-bit aarch64, statically linked; smoke run: ok (qemu-aarch64)
            readings  wasm    out/readings/wasm/readi…  1.9 MB   <1 ms  cached  336154bf67f7
              WebAssembly module, wasip1
        "#]]
        .assert_eq(&render_results(&rows(), style));
    }

    #[test]
    fn the_toolchain_column_is_there_only_for_a_matrix() {
        let mut rows = rows();
        rows[0].toolchain = Some("go@1.23".into());
        expect![[r#"
            BUILD     TARGET  TOOLCHAIN  ARTIFACT                           SIZE    TIME  FROM    DIGEST        KIND                                   SMOKE RUN
            agent     pi5     go@1.23    out/agent/pi5/agent              4.6 MB  10.4 s  built   53a7ec63ba41  ELF 64-bit aarch64, statically linked  ok (qemu-aarch64)
            readings  wasm               out/readings/wasm/readings.wasm  1.9 MB   <1 ms  cached  336154bf67f7  WebAssembly module, wasip1
        "#]].assert_eq(&render_results(&rows, Style::PLAIN));
    }

    #[test]
    fn the_smoke_column_is_there_only_if_something_was_run() {
        expect![[r#"
            BUILD     TARGET  ARTIFACT                           SIZE   TIME  FROM    DIGEST        KIND
            readings  wasm    out/readings/wasm/readings.wasm  1.9 MB  <1 ms  cached  336154bf67f7  WebAssembly module, wasip1
        "#]].assert_eq(&render_results(&rows()[1..], Style::PLAIN));
    }

    #[test]
    fn firmware_is_shown_with_its_memories() {
        let mut rows = rows();
        rows.truncate(1);
        let memory = |memory: &str, bytes, used, largest: &[(&str, u64)]| MemoryUse {
            memory: memory.to_owned(),
            bytes,
            used,
            largest: largest
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), *bytes))
                .collect(),
        };
        rows[0].memories = vec![
            memory(
                "flash",
                1 << 20,
                7388,
                &[("_printf_i", 680), ("memcpy", 308)],
            ),
            memory("ram", 131_072, 131_072, &[]),
        ];
        expect![[r#"
            BUILD  TARGET  ARTIFACT               SIZE    TIME  FROM   DIGEST        KIND                                   SMOKE RUN
            agent  pi5     out/agent/pi5/agent  4.6 MB  10.4 s  built  53a7ec63ba41  ELF 64-bit aarch64, statically linked  ok (qemu-aarch64)

            ARTIFACT             MEMORY      USED        OF   FULL  LARGEST THERE
            out/agent/pi5/agent  flash     7.4 kB    1.0 MB    0 %  _printf_i 680 B, memcpy 308 B
            out/agent/pi5/agent  ram     131.1 kB  131.1 kB  100 %
        "#]].assert_eq(&render_results(&rows, Style::PLAIN));
    }
}
