//! What came of one call of `orch`, and what a test expects of it.

use expect_test::Expect;

use crate::page;

/// One call that is over. Each expectation returns it again, so that they chain.
#[derive(Clone, Debug)]
pub struct Ran {
    line: String,
    code: Option<i32>,
    /// What it printed on standard output, folders and times redacted.
    pub stdout: String,
    /// What it printed on standard error, likewise.
    pub stderr: String,
    /// The same with times as they were and folders as a user has them.
    said: String,
}

impl Ran {
    pub(crate) fn new(arguments: &[&str], code: Option<i32>, stdout: &str, stderr: &str) -> Self {
        Self {
            line: format!("orch {}", arguments.join(" ")),
            code,
            stdout: without_keys(&without_times(stdout)),
            stderr: without_keys(&without_times(stderr)),
            said: stderr
                .replace("[PROJECT]", "/home/you/agent")
                .replace("[CACHE]", "/home/you/.cache/orch"),
        }
    }

    /// The same with another name for something that differs from run to run, such as the
    /// address of a server.
    pub fn naming(mut self, text: &str, name: &str) -> Self {
        for printed in [&mut self.stdout, &mut self.stderr, &mut self.said] {
            *printed = printed.replace(text, name);
        }
        self
    }

    /// Expects an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert!(
            self.code == Some(code),
            "`{}` ended with {:?}, not {code}\n--- stdout\n{}--- stderr\n{}",
            self.line,
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// The exit code; `None` if it was ended by a signal.
    pub fn code(&self) -> Option<i32> {
        self.code
    }

    /// Expects all of standard output. `UPDATE_EXPECT=1` writes what is printed now.
    pub fn stdout(self, expected: Expect) -> Self {
        expected.assert_eq(&self.stdout);
        self
    }

    /// Expects all of standard error.
    pub fn stderr(self, expected: Expect) -> Self {
        expected.assert_eq(&self.stderr);
        self
    }

    /// Expects what `docs/bad-input.md` shows below a heading: the command, all of standard
    /// error and the exit code, with nothing on standard output.
    #[track_caller]
    pub fn as_documented(self, heading: &str) -> Self {
        assert_eq!(self.stdout, "", "`{}` printed this", self.line);
        let code = self.code.expect("it ended by itself");
        let printed = format!("$ {}\n{}[exit code {code}]\n", self.line, self.said);
        page::assert_shown(heading, &printed, without_times);
        self
    }

    /// Expects a part of standard error, where the rest is not this test's business.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
        assert!(
            self.stderr.contains(part),
            "`{}` does not say `{part}`\n--- stderr\n{}",
            self.line,
            self.stderr
        );
        self
    }

    /// Expects a part of standard output, where the rest is not this test's business.
    #[track_caller]
    pub fn shows(self, part: &str) -> Self {
        assert!(
            self.stdout.contains(part),
            "`{}` does not show `{part}`\n--- stdout\n{}",
            self.line,
            self.stdout
        );
        self
    }
}

/// An action's key as `[KEY]`: it rests on the machine that builds.
fn without_keys(text: &str) -> String {
    const WORD: &str = "key ";
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(WORD) {
        let (before, after) = rest.split_at(start + WORD.len());
        redacted.push_str(before);
        let digits = after.len()
            - after
                .trim_start_matches(|c: char| c.is_ascii_hexdigit())
                .len();
        if digits == 12 {
            redacted.push_str("[KEY]");
        } else {
            redacted.push_str(&after[..digits]);
        }
        rest = &after[digits..];
    }
    redacted.push_str(rest);
    redacted
}

/// Every duration as `[TIME]`: `<1 ms`, `1.5 s`, `2 min 03 s`.
fn without_times(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        redacted.push_str(&rest[..start]);
        let before = redacted.chars().next_back();
        rest = &rest[start..];
        let digits = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
                .len();
        let (number, after) = rest.split_at(digits);
        let inside_word = before.is_some_and(|c| c.is_alphanumeric() || ".-_:/\"".contains(c));
        match unit(after) {
            Some(unit) if !inside_word => {
                if before == Some('<') {
                    redacted.pop();
                }
                redacted.push_str("[TIME]");
                rest = &after[unit..];
            }
            _ => {
                redacted.push_str(number);
                rest = after;
            }
        }
    }
    redacted.push_str(rest);
    redacted.replace("[TIME] [TIME]", "[TIME]")
}

/// The length of a unit of time that `text` begins with, a blank before it included.
fn unit(text: &str) -> Option<usize> {
    let blank = text.len() - text.trim_start_matches(' ').len();
    let word = &text[blank..];
    let letters = word.len() - word.trim_start_matches(char::is_alphabetic).len();
    let is_unit = matches!(&word[..letters], "ns" | "µs" | "ms" | "s" | "min" | "h");
    (is_unit && blank <= 1).then_some(blank + letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_redacted_and_nothing_else() {
        assert_eq!(without_keys("x; key 1bf3385039e9\n"), "x; key [KEY]\n");
        assert_eq!(
            without_keys("unknown key `abc`, key a"),
            "unknown key `abc`, key a"
        );
    }

    #[test]
    fn times_are_redacted_and_nothing_else() {
        for (text, redacted) in [
            ("done in 12 ms", "done in [TIME]"),
            ("<1 ms, 2 min 03 s", "[TIME], [TIME]"),
            ("took 1.5s, cached", "took [TIME], cached"),
            ("pipeline.toml:14:22", "pipeline.toml:14:22"),
            ("go 1.22.10 with 3 nodes", "go 1.22.10 with 3 nodes"),
            ("sha256:12s4", "sha256:12s4"),
            ("timeout = \"30s\"", "timeout = \"30s\""),
            ("5 steps in 3 s", "5 steps in [TIME]"),
        ] {
            assert_eq!(without_times(text), redacted);
        }
    }
}
