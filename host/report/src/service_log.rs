//! Lines of the logs of services, each behind the name of the machine that it comes from.

use std::collections::BTreeMap;

use anstyle::AnsiColor;

use crate::escape::visible;
use crate::style::Style;

/// The looks of names, one after the other; where there are more, they come again.
const LOOKS: [AnsiColor; 8] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::BrightBlue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightYellow,
    AnsiColor::BrightMagenta,
];

/// The names before the lines, and how each of them looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogNames {
    places: BTreeMap<String, usize>,
    width: usize,
}

impl LogNames {
    /// Names in an order that decides how they look.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let mut places = BTreeMap::new();
        for name in names {
            let place = places.len();
            places.entry(name).or_insert(place);
        }
        let widths = places.keys().map(|name| name.chars().count());
        let width = widths.max().unwrap_or(0);
        Self { places, width }
    }
}

/// One line: `pi-1  | listening at :8080`; only what was said where there is one machine.
pub fn render_log_line(names: &LogNames, name: &str, line: &str, style: Style) -> String {
    let line = visible(line);
    if names.places.len() < 2 {
        return format!("{line}\n");
    }
    let before = format!("{name:width$} |", width = names.width);
    let place = names.places.get(name).copied().unwrap_or_default();
    let look = LOOKS[place % LOOKS.len()].on_default();
    match style.color {
        true => format!("{look}{before}{look:#} {line}\n"),
        false => format!("{before} {line}\n"),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn shown(names: &[&str], style: Style) -> String {
        let log = LogNames::new(names.iter().map(|&name| name.to_owned()));
        let lines = names.iter().map(|name| {
            let said = format!("\tis {name} \u{1b}[2J");
            render_log_line(&log, name, &said, style)
        });
        lines.collect()
    }

    #[test]
    fn lines_stand_behind_the_names_of_their_machines() {
        expect![[r#"
            web  | 	is web \x1b[2J
            pi-1 | 	is pi-1 \x1b[2J
        "#]]
        .assert_eq(&shown(&["web", "pi-1"], Style::PLAIN));
        let color = Style {
            color: true,
            ..Style::PLAIN
        };
        assert_eq!(
            shown(&["web", "pi-1"], color),
            "\u{1b}[36mweb  |\u{1b}[0m \tis web \\x1b[2J\n\
             \u{1b}[33mpi-1 |\u{1b}[0m \tis pi-1 \\x1b[2J\n"
        );
    }

    #[test]
    fn one_machine_needs_no_name() {
        assert_eq!(shown(&["web"], Style::PLAIN), "\tis web \\x1b[2J\n");
    }
}
