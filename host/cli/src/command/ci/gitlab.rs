//! A pipeline of GitLab: <https://docs.gitlab.com/ci/yaml/>. Which jobs there are is not known
//! here. Every name is of letters that YAML and shells leave alone inside double quotes.

use std::fmt::Write;

use super::{HEAD, Jobs};

/// The most jobs that one matrix makes.
pub const MOST_JOBS: usize = 200;

pub fn render(jobs: &Jobs) -> String {
    let mut text = format!(
        "\
# Made by `orch ci gitlab`. Make it again when builds, targets or toolchains change.
#
{HEAD}
orch:
  stage: build
  parallel:
    matrix:
"
    );
    for job in &jobs.jobs {
        let _ = writeln!(text, "      - NODE: \"{}\"", job.node);
    }
    let folder = jobs
        .pipeline
        .rsplit_once('/')
        .map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let _ = write!(
        text,
        "  script:
    - orch --version
    - {}
  artifacts:
    name: \"$NODE\"
    paths:
      - \"{folder}out/\"
",
        jobs.command("$NODE")
    );
    text
}
