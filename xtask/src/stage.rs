//! One step of a task: a program to run, how long it took, and the line that repeats it.
//!
//! Does not know what any of the programs do.

use std::fmt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Stop;

/// A program with its arguments, as a person would type it.
#[derive(Clone, Debug)]
pub struct Line {
    variables: Vec<(String, String)>,
    words: Vec<String>,
}

impl Line {
    /// Reads a line of plain words: nothing in it is quoted.
    pub fn new(text: &str) -> Self {
        Self {
            variables: Vec::new(),
            words: text.split_whitespace().map(str::to_owned).collect(),
        }
    }

    /// The same with one more argument, which may hold spaces.
    pub fn with(mut self, argument: impl Into<String>) -> Self {
        self.words.push(argument.into());
        self
    }

    /// The same with a variable in its environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The program, ready to start.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Whether it starts and ends well; what it prints is nobody's business.
    pub fn succeeds(&self) -> bool {
        self.command()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// What it prints on standard output, if it ends well.
    pub fn prints(&self) -> Option<String> {
        let output = self
            .command()
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    }

    /// Runs it in front of the user, ended after `limit`.
    pub fn run_within(&self, limit: Duration) -> bool {
        let Ok(mut child) = self.command().stdin(Stdio::null()).spawn() else {
            return false;
        };
        let start = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) if start.elapsed() < limit => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                Ok(None) | Err(_) => {
                    // It may have just ended by itself; then there is nothing to end.
                    let _ = child.kill();
                    let _ = child.wait();
                    return false;
                }
            }
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables = self.variables.iter().map(|(n, v)| format!("{n}={v}"));
        let words = self.words.iter().map(|word| {
            if word.contains(char::is_whitespace) {
                format!("'{word}'")
            } else {
                word.clone()
            }
        });
        f.write_str(&variables.chain(words).collect::<Vec<_>>().join(" "))
    }
}

/// Runs lines one after another and keeps their times for a closing summary.
pub struct Stages<'a> {
    root: &'a Path,
    done: Vec<(String, Duration)>,
    remarks: Vec<String>,
}

impl<'a> Stages<'a> {
    /// Stages that run in `root`.
    pub fn new(root: &'a Path) -> Self {
        Self {
            root,
            done: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Runs a line to its end. A failure ends the task with the line to repeat.
    pub fn run(&mut self, name: &str, line: &Line) -> Result<(), Stop> {
        println!("\n== {name}: {line}");
        let start = Instant::now();
        let ended = line.command().current_dir(self.root).status();
        let took = start.elapsed();
        match ended {
            Ok(status) if status.success() => {
                println!("== {name}: good, {}", seconds(took));
                self.done.push((name.to_owned(), took));
                Ok(())
            }
            Ok(status) => Err(format!(
                "`{name}` failed: {} after {}\n  repeat it alone: {line}",
                describe(status),
                seconds(took)
            )),
            Err(error) => Err(format!("`{name}` could not start: {error}\n  line: {line}")),
        }
    }

    /// Keeps a sentence for the summary.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }

    /// Prints what was done and what was left out.
    pub fn summary(&self) {
        println!("\nAll stages are good:");
        let width = self.done.iter().map(|(name, _)| name.len()).max();
        for (name, took) in &self.done {
            let width = width.unwrap_or_default();
            println!("  {name:width$}  {:>8}", seconds(*took));
        }
        for remark in &self.remarks {
            println!("note: {remark}");
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

fn describe(status: ExitStatus) -> String {
    status.code().map_or_else(
        || "ended by a signal".to_owned(),
        |code| format!("exit code {code}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_it_is_typed() {
        let line = Line::new("cargo test -p xtask")
            .with("two words")
            .variable("A", "b");
        assert_eq!(line.to_string(), "A=b cargo test -p xtask 'two words'");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let start = Instant::now();
        assert!(!Line::new("sleep 60").run_within(Duration::from_millis(100)));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_failure_names_the_line_that_repeats_it() {
        let root = crate::root();
        let mut stages = Stages::new(&root);
        let stop = stages.run("look", &Line::new("false")).unwrap_err();
        assert!(stop.contains("exit code 1"), "{stop}");
        assert!(stop.ends_with("repeat it alone: false"), "{stop}");
        assert!(
            stages
                .run("look", &Line::new("no-such-program-here"))
                .is_err()
        );
    }
}
