//! What a `[deploy.*]` table may set. The manifest has the same as JSON Schema, with a description
//! of each.

use orch_plugin::deployer::placeholders;
use orch_plugin::{Problem, argument_problems};
use serde::Deserialize;

/// A board and what flashes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    pub(crate) tool: Option<Tool>,
    pub(crate) file: Option<String>,
    pub(crate) board: Option<String>,
    pub(crate) interface: Option<String>,
    pub(crate) chip: Option<String>,
    pub(crate) speed: Option<u32>,
    pub(crate) address: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) force: bool,
    pub(crate) command: Vec<String>,
    pub(crate) verify: Vec<String>,
    pub(crate) follow: Vec<String>,
    pub(crate) root: bool,
}

/// A tool whose arguments are known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tool {
    Openocd,
    Picotool,
}

/// What stands for the file in `command` and `verify`.
pub(crate) const FILE: &str = "{file}";

impl Settings {
    /// Everything that is wrong with values which are of the right type.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        match (self.tool, self.command.is_empty()) {
            (Some(_), false) => {
                let what = "both `tool` and `command` say what flashes";
                let problem = Problem::new(what).at("command");
                problems.push(problem.hint("take one of them away"));
            }
            (None, true) => problems.push(
                Problem::new("it is not told what flashes")
                    .hint("write `tool = \"openocd\"`, `tool = \"picotool\"` or `command = […]`"),
            ),
            _ => {}
        }
        problems.extend(self.strangers());
        problems.extend(self.openocd_problems());
        problems.extend(self.address.as_deref().and_then(address));
        if let Some(serial) = &self.serial {
            problems.extend(serial_problem(serial));
        }
        for (setting, words) in [
            ("command", &self.command),
            ("verify", &self.verify),
            ("follow", &self.follow),
        ] {
            problems.extend(argument_problems(setting, words));
            for (index, word) in words.iter().enumerate() {
                let at = format!("{setting}[{index}]");
                problems.extend(placeholders(&at, &word.replace(FILE, "")).err());
            }
        }
        problems
    }

    /// Settings of another tool than the one that flashes.
    fn strangers(&self) -> Vec<Problem> {
        use Tool::{Openocd, Picotool};
        let settings = [
            ("board", self.board.is_some(), &[Some(Openocd)][..]),
            ("interface", self.interface.is_some(), &[Some(Openocd)]),
            ("chip", self.chip.is_some(), &[Some(Openocd)]),
            ("speed", self.speed.is_some(), &[Some(Openocd)]),
            (
                "address",
                self.address.is_some(),
                &[Some(Openocd), Some(Picotool)],
            ),
            (
                "serial",
                self.serial.is_some(),
                &[Some(Openocd), Some(Picotool)],
            ),
            ("force", self.force, &[Some(Picotool)]),
            ("verify", !self.verify.is_empty(), &[None]),
        ];
        let wrong = settings
            .iter()
            .filter(|(_, is_said, tools)| *is_said && !tools.contains(&self.tool));
        let problem = |&(setting, ..): &(&str, bool, &[Option<Tool>])| {
            Problem::new(format!("`{setting}` means nothing to what flashes here"))
                .at(setting)
                .hint("take it away; the tools read back by themselves what they flashed")
        };
        wrong.map(problem).collect()
    }

    fn openocd_problems(&self) -> Vec<Problem> {
        if self.tool != Some(Tool::Openocd) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        if self.board.is_none() && (self.interface.is_none() || self.chip.is_none()) {
            problems.push(
                Problem::new("OpenOCD is not told how to reach the chip")
                    .at("tool")
                    .hint("write `board`, or `interface` and `chip`, by the names of its files"),
            );
        }
        for (setting, name) in [
            ("board", &self.board),
            ("interface", &self.interface),
            ("chip", &self.chip),
        ] {
            problems.extend(name.as_deref().and_then(|name| script(setting, name)));
        }
        problems
    }
}

/// The name of one of OpenOCD's files, without `.cfg`; they lie in folders too.
fn script(setting: &str, name: &str) -> Option<Problem> {
    let is_part = |part: &str| {
        let is_plain = |c: char| c.is_alphanumeric() || "_-+.".contains(c);
        !part.is_empty() && !part.starts_with('.') && part.chars().all(is_plain)
    };
    let is_good = name.split('/').all(is_part) && !name.ends_with(".cfg");
    (!is_good).then(|| {
        Problem::value(name, "names no file of OpenOCD")
            .at(setting)
            .hint("write its name without folder and ending, such as `stlink`")
    })
}

fn address(text: &str) -> Option<Problem> {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    (u64::from_str_radix(digits, 16).is_err() || digits.starts_with('+')).then(|| {
        Problem::value(text, "is no address")
            .at("address")
            .hint("write it as in `0x08000000`")
    })
}

/// OpenOCD reads a script, in which the serial number must be nothing but a word.
fn serial_problem(serial: &str) -> Option<Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:${}".contains(c);
    if !serial.is_empty() && serial.chars().all(is_plain) {
        return placeholders("serial", serial).err();
    }
    let hint = "write letters, digits, `-`, `_`, `.` and `:`, or `${host.serial}`";
    Some(
        Problem::value(serial, "is no serial number")
            .at("serial")
            .hint(hint),
    )
}
