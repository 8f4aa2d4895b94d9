//! A workflow of GitHub Actions: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>.
//! Which jobs there are is not known here. Every name is of letters that YAML and shells leave
//! alone inside double quotes.

use std::fmt::Write;

use super::{HEAD, Jobs};

/// The most jobs that one matrix makes.
pub const MOST_JOBS: usize = 256;

pub fn render(jobs: &Jobs) -> String {
    let command = jobs.command("${{ matrix.node }}");
    let mut text = format!(
        "\
# Made by `orch ci github`. Make it again when builds, targets or toolchains change.
#
{HEAD}
name: \"{}\"
on:
  push:
  pull_request:
permissions:
  contents: read
jobs:
  orch:
    name: \"${{{{ matrix.node }}}}\"
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        include:
",
        jobs.name
    );
    for job in &jobs.jobs {
        let _ = writeln!(text, "          - node: \"{}\"", job.node);
        if let Some(products) = &job.products {
            let _ = writeln!(text, "            products: \"{products}\"");
        }
    }
    let _ = write!(
        text,
        "    steps:
      - uses: actions/checkout@v4
      - run: orch --version
      - run: {command}
      - uses: actions/upload-artifact@v4
        if: matrix.products
        with:
          name: \"${{{{ matrix.node }}}}\"
          path: \"${{{{ matrix.products }}}}\"
          if-no-files-found: error
"
    );
    text
}
