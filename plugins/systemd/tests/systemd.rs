//! What the real systemd says of the units: whether it takes them, how it rates them, and what it
//! reads where somebody wrote a text that nobody thought of.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use orch_plugin::deployer::{Deployer, Proposal, Request, Step};
use orch_plugin::{fake, settings};
use orch_plugin_systemd::Systemd;
use proptest::prelude::*;

/// A release on a machine that is a folder.
struct Staged(PathBuf);

impl Staged {
    /// Puts the files of a release where the units look for them.
    fn of(json: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("release-{number}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("1")).unwrap();
        fs::copy("/bin/true", folder.join("1/agent")).unwrap();
        let proposal = planned(json);
        for name in ["agent.service", "agent.socket", "environment"] {
            let Some(document) = proposal.document(name) else {
                continue;
            };
            let place = folder.to_str().unwrap();
            let releases = format!("{place}/${{release}}");
            let contents = document
                .contents
                .replace("/opt/agent/releases/${release}", &releases)
                .replace("%h/.local/share/agent/releases/${release}", &releases);
            fs::write(folder.join("1").join(name), performed(&contents)).unwrap();
        }
        Self(folder.join("1"))
    }

    fn analyze(&self, words: &[&str]) -> String {
        let mut command = Command::new("systemd-analyze");
        command.args(words).current_dir(&self.0);
        command.env("SYSTEMD_LOG_LEVEL", "debug");
        // A user's units are looked at as if somebody were logged in.
        command.env("XDG_RUNTIME_DIR", &self.0);
        let output = command.output();
        let output = output.expect("systemd-analyze: `apt-get install systemd` brings it");
        let Output {
            status,
            stdout,
            stderr,
        } = &output;
        let stderr = String::from_utf8_lossy(stderr);
        let unit = fs::read_to_string(self.0.join("agent.service")).unwrap();
        assert!(status.success(), "{words:?}: {stderr}\n{unit}");
        // What it does not know it leaves out, and says only this. Groups of system calls hold some
        // that the library for filters has not heard of.
        let known = |line: &&str| !line.contains("Failed to parse system call");
        for line in stderr
            .lines()
            .filter(|line| line.contains("agent.s"))
            .filter(known)
        {
            for bad in ["ignoring", "Unknown", "nvalid"] {
                assert!(!line.contains(bad), "{line}\n{unit}");
            }
        }
        String::from_utf8_lossy(stdout).into_owned()
    }
}

fn planned(json: &str) -> Proposal {
    let request = Request::of("agent");
    Systemd::plan(&request, settings(json).unwrap(), &fake::Facts::new()).unwrap()
}

/// What the host makes of a text.
fn performed(contents: &str) -> String {
    const LITERAL: &str = "\u{fffe}";
    let contents = contents.replace("$${", LITERAL).replace("${release}", "1");
    assert!(!contents.contains("${"), "{contents}");
    contents.replace(LITERAL, "${")
}

/// From 0, nothing is open, to 10, everything is.
fn exposure(json: &str) -> f64 {
    let staged = Staged::of(json);
    let words = [
        "security",
        "--offline=true",
        "--no-pager",
        "./agent.service",
    ];
    let report = staged.analyze(&words);
    let (_, rating) = report.rsplit_once("agent.service: ").expect("a rating");
    let number = rating.split_whitespace().next().unwrap();
    number.parse().unwrap()
}

#[test]
fn systemd_takes_the_units() {
    for (json, scope) in [
        ("{}", "--system"),
        (r#"{"hardening": false}"#, "--system"),
        (
            r#"{"socket": "443", "memory": "50%", "restart-delay": "500ms"}"#,
            "--system",
        ),
        (
            r#"{"ports": {"http": 80}, "user": "root", "writable": ["/tmp/a b%"]}"#,
            "--system",
        ),
        (
            r#"{"scope": "user", "socket": "/run/user/agent.sock"}"#,
            "--user",
        ),
    ] {
        let staged = Staged::of(json);
        let mut words = vec![scope, "verify", "--man=no", "./agent.service"];
        if json.contains("socket") {
            words.push("./agent.socket");
        }
        staged.analyze(&words);
    }
}

#[test]
fn the_units_are_rated_safe() {
    assert!(exposure("{}") < 2.0);
    assert!(exposure(r#"{"ports": {"http": 80}}"#) < 2.0);
    assert!(exposure(r#"{"user": "agent"}"#) < 2.0);
    assert!(exposure(r#"{"hardening": false}"#) > 5.0);
}

/// What of a unit's dump stands behind a name; words as `quote_command_line()` of systemd has them.
fn dumped<'a>(dump: &'a str, name: &str) -> &'a str {
    let (_, behind) = dump
        .split_once(name)
        .unwrap_or_else(|| panic!("{name}: {dump}"));
    behind.split_once('\n').unwrap().0
}

/// The words of a line in which some stand in double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut characters = line.trim_ascii().chars().peekable();
    while let Some(&first) = characters.peek() {
        let mut word = Vec::new();
        let is_quoted = first == '"';
        if is_quoted {
            characters.next();
        }
        while let Some(c) = characters.next() {
            match c {
                '"' if is_quoted => break,
                ' ' if !is_quoted => break,
                '\\' => word.extend(unescaped(&mut characters)),
                c => word.extend(c.to_string().bytes()),
            }
        }
        if is_quoted {
            characters.next();
        }
        words.push(String::from_utf8(word).unwrap());
    }
    words
}

fn unescaped(characters: &mut impl Iterator<Item = char>) -> Vec<u8> {
    let c = characters.next().unwrap();
    let byte = match c {
        'a' => 7,
        'b' => 8,
        't' => b'\t',
        'n' => b'\n',
        'v' => 11,
        'f' => 12,
        'r' => b'\r',
        '0'..='3' => {
            let mut digits = vec![c];
            digits.extend(characters.take(2));
            let digits: String = digits.into_iter().collect();
            u8::from_str_radix(&digits, 8).unwrap()
        }
        other => return other.to_string().into_bytes(),
    };
    vec![byte]
}

/// Texts rich in what has a meaning somewhere.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let text = prop_oneof![
        "[ a;#\"'\\\\$%{}@:+!=~`\n\t-]{0,12}",
        "[\u{1}-\u{1f} -~\u{7f}äß漢\u{85}\u{2028}]{0,12}",
        "\\$\\$?\\$?\\{[a-z]{1,3}\\}",
    ];
    // What the contract reads as a placeholder is not of a text's own.
    let text = text.prop_map(|text: String| text.replace("${", "$${"));
    prop::collection::vec(text, 40)
}

/// Texts that a variable may hold, none of which is empty. `$` has a meaning to the reader that is at
/// hand, and none to the one that reads for services.
fn values() -> impl Strategy<Value = Vec<String>> {
    let text = "[ a;#\"'\\\\%{}=`\n\t\u{e4}-]{1,12}";
    prop::collection::vec(text, 40)
}

/// What systemd reads of a file of variables that a release makes of these values.
fn read_back(texts: &[String]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("variables");
    fs::create_dir_all(folder.join("environment.d")).unwrap();
    let meant: Vec<String> = (0..texts.len())
        .map(|index| format!("${{host.v{index}}}"))
        .collect();
    let Proposal::Release(release) = planned(&json(&meant, "environment")) else {
        panic!("an image");
    };
    for step in &release.stage {
        match step {
            Step::Write(document) => {
                let index = document.contents.strip_prefix("${host.v");
                let index = index.and_then(|rest| rest.strip_suffix('}'));
                let contents = match index {
                    Some(index) => &texts[index.parse::<usize>().unwrap()],
                    None => &document.contents,
                };
                fs::write(folder.join(&document.to), contents).unwrap();
            }
            Step::Run(command) if command[0] == "sh" => {
                let mut shell = Command::new("sh");
                let status = shell.args(&command[1..]).current_dir(&folder).status();
                assert!(status.unwrap().success());
            }
            _ => {}
        }
    }
    fs::rename(
        folder.join("environment"),
        folder.join("environment.d/read.conf"),
    )
    .unwrap();
    const READER: &str =
        "/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator";
    let mut reader = Command::new(READER);
    let reader = reader
        .env_clear()
        .env("HOME", &folder)
        .env("XDG_CONFIG_HOME", &folder);
    let output = reader.output();
    let output = output.expect("systemd's reader: `apt-get install systemd` brings it");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn json(texts: &[String], name: &str) -> String {
    let quoted = |text: &String| serde_json::to_string(text).unwrap();
    match name {
        "arguments" => {
            let texts: Vec<String> = texts.iter().map(quoted).collect();
            format!(r#"{{"arguments": [{}]}}"#, texts.join(","))
        }
        _ => {
            let texts = texts.iter().enumerate();
            let texts: Vec<String> = texts
                .map(|(index, text)| format!("\"V{index}\": {}", quoted(text)))
                .collect();
            format!(r#"{{"environment": {{{}}}}}"#, texts.join(","))
        }
    }
}

const DUMP: [&str; 3] = ["verify", "--man=no", "./agent.service"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_argument_arrives(texts in texts()) {
        let staged = Staged::of(&json(&texts, "arguments"));
        let dump = staged.analyze(&DUMP);
        let read = words(dumped(&dump, "Command Line: "));
        // systemd makes one `$` of two when it starts the program.
        let read: Vec<String> = read.iter().map(|word| word.replace("$$", "$")).collect();
        let meant: Vec<String> = texts.iter().map(|text| text.replace("$${", "${")).collect();
        prop_assert_eq!(&read[1..], &meant);
    }

    #[test]
    fn any_value_of_a_placeholder_arrives(texts in values()) {
        let read = read_back(&texts);
        for (index, text) in texts.iter().enumerate() {
            let line = read.lines().find(|line| line.starts_with(&format!("V{index}=")));
            let line = line.unwrap_or_else(|| panic!("V{index} {text:?}: {read}"));
            let (_, value) = line.split_once('=').unwrap();
            prop_assert_eq!(&words(value).concat(), text, "{}", line);
        }
    }

    #[test]
    fn any_variable_arrives(texts in texts()) {
        let is_kept = |c: char| !c.is_ascii_control() || matches!(c, '\t' | '\n');
        let kept = |text: &String| text.chars().filter(|&c| is_kept(c)).collect();
        let texts: Vec<String> = texts.iter().map(kept).collect();
        let staged = Staged::of(&json(&texts, "environment"));
        let dump = staged.analyze(&DUMP);
        for (index, text) in texts.iter().enumerate() {
            let meant = format!("Environment: V{index}={}\n", text.replace("$${", "${"));
            prop_assert!(dump.contains(&meant), "{}: {}", meant, dump);
        }
    }
}
