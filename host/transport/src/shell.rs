//! Words and scripts as a POSIX shell takes them, and the one line by which a host gets them.
//!
//! No text of a caller's is ever read by a login shell, which may be any: that is given one
//! constant command, which makes `sh` read a line from standard input and run it. A line that
//! was cut runs nothing.

use orch_model::Fault;

/// What a login shell is asked to run: no backslash, no line break, no quote inside of the
/// quotes, so that every shell reads it alike.
pub(crate) const BOOTSTRAP: &str =
    r#"exec sh -c 'IFS= read -r text && eval "$(printf %b "$text")"'"#;

const LEAD: &str = include_str!("lead.sh");
const SUPERVISE: &str = include_str!("supervise.sh");
const SERVE: &str = include_str!("serve.sh");

/// A word in quotes, for a POSIX shell.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The words of a command, each in quotes.
fn line(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A script as the line that [`BOOTSTRAP`] reads.
pub(crate) fn sent(script: &str) -> Vec<u8> {
    let mut line = escaped(script);
    line.push('\n');
    line.into_bytes()
}

/// A text without line breaks, of which `printf %b` makes it again.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('\n', r"\n")
}

/// A command with what watches over it.
pub(crate) struct Supervised<'a> {
    /// The command and its arguments.
    pub(crate) words: &'a [&'a str],
    /// How many bytes of input it gets.
    pub(crate) input_bytes: u64,
    /// After how many seconds it is ended on the host; 0 for never.
    pub(crate) limit_seconds: u64,
    /// Whether `sudo` stands before it.
    pub(crate) by_sudo: bool,
}

impl Supervised<'_> {
    /// What [`BOOTSTRAP`] is sent.
    pub(crate) fn sent(&self) -> Vec<u8> {
        let (bytes, limit) = (self.input_bytes.to_string(), self.limit_seconds.to_string());
        let mut words = vec!["sh", "-c", LEAD, "lead", SUPERVISE, "supervise"];
        words.extend([bytes.as_str(), limit.as_str()]);
        words.extend(self.words);
        executed(&words, self.by_sudo)
    }

    /// What a shell is sent that [`serving`] started: the command with its whole input, and what
    /// is said behind all that it prints.
    pub(crate) fn served(&self, mark: &str, input: &str) -> Vec<u8> {
        let (mark, words) = (quoted(mark), line(self.words));
        let limit = self.limit_seconds;
        sent(&match input {
            "" => format!("mark={mark}\nrun 0 {limit} {words}"),
            input => {
                let input = quoted(&escaped(input));
                format!("mark={mark}\nprintf %b {input} | run - {limit} {words}")
            }
        })
    }
}

/// What [`BOOTSTRAP`] is sent to run one command after another.
pub(crate) fn serving(by_sudo: bool) -> Vec<u8> {
    executed(&["sh", "-c", SERVE, "serve", SUPERVISE], by_sudo)
}

fn executed(words: &[&str], by_sudo: bool) -> Vec<u8> {
    let sudo = if by_sudo { "sudo -n -- " } else { "" };
    sent(&format!("exec {sudo}{}", line(words)))
}

/// Refuses what no process can be given.
pub(crate) fn check_words(words: &[&str]) -> Result<(), Fault> {
    match words.iter().find(|word| word.contains('\0')) {
        Some(word) => Err(Fault::usage(format!(
            "`{}` holds a NUL byte, which no argument can",
            word.escape_debug()
        ))),
        None => Ok(()),
    }
}
