//! What of a user's settings cannot stand in a unit, said at the setting. Nothing passes here that
//! could end a line of a unit and begin another.

use orch_plugin::Problem;
use orch_plugin::deployer::{Placeholder, placeholders};

/// The longest name of a unit that systemd takes is 255 bytes, its ending with them.
const NAME_BYTES: usize = 200;
/// The longest name of a user, by useradd(8).
const USER_BYTES: usize = 32;

/// The name of a service.
pub(crate) fn service(name: &str) -> Option<Problem> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let is_good = begins_well && name.len() <= NAME_BYTES && name.chars().all(is_name);
    (!is_good).then(|| {
        Problem::value(name, "names no service")
            .at("service")
            .hint("write letters, digits, `-`, `_` and `.`, such as `service = \"agent\"`")
    })
}

/// The name of a system user.
pub(crate) fn user(name: &str) -> Option<Problem> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let is_good = begins_well && name.len() < USER_BYTES && name.chars().all(is_name);
    (!is_good).then(|| {
        Problem::value(name, "names no user")
            .at("user")
            .hint("write a user that the machines have, or take `user` away for one of its own")
    })
}

/// A limit of memory as systemd.resource-control(5) has it.
pub(crate) fn memory(text: &str) -> Option<Problem> {
    let number = text.strip_suffix(['K', 'M', 'G', 'T', '%']).unwrap_or(text);
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    (!is_number && text != "infinity").then(|| {
        Problem::value(text, "is no amount of memory")
            .at("memory")
            .hint("write bytes with `K`, `M` or `G`, or a share of the machine: `256M`, `50%`")
    })
}

/// What a socket listens at.
pub(crate) fn socket(text: &str) -> Option<Problem> {
    let port = text.rsplit_once(':').map_or(text, |(_, port)| port);
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_.:[]-".contains(c);
    let is_good = text.chars().all(is_plain) && (is_port || text.starts_with('/'));
    (!is_good).then(|| {
        Problem::value(text, "is nothing that a socket listens at")
            .at("socket")
            .hint("write a port, an address and a port, or a path: `8080`, `127.0.0.1:8080`")
    })
}

/// A unit with its ending.
pub(crate) fn unit(setting: &str, name: &str) -> Option<Problem> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-@:".contains(c);
    let has_ending = name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && !ending.is_empty() && ending.chars().all(|c| c.is_ascii_lowercase())
    });
    (!has_ending || !name.chars().all(is_name)).then(|| {
        Problem::value(name, "names no unit")
            .at(setting)
            .hint("write a unit with its ending, such as `postgresql.service`")
    })
}

/// A place of the machine.
pub(crate) fn path(setting: &str, path: &str) -> Option<Problem> {
    let climbs = path.split('/').any(|part| part == "..");
    let is_good = path.starts_with('/') && !climbs && !path.contains(char::is_control);
    (!is_good).then(|| {
        Problem::value(path, "is no absolute path")
            .at(setting)
            .hint("write one such as `/var/log/agent`")
    })
}

/// A further directive of `[Service]`.
pub(crate) fn directive(name: &str, values: &[String]) -> Vec<Problem> {
    let at = format!("directives.{name}");
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        let problem = Problem::value(name, "names no directive").at(&at);
        return vec![problem.hint("write one of systemd.exec(5), such as `CPUWeight`")];
    }
    let mut problems = Vec::new();
    for value in values {
        if !is_one_line(value) {
            let what = "a directive is one line, and does not end with a backslash";
            let hint = "write a list for several lines of one name";
            problems.push(Problem::new(what).at(at.as_str()).hint(hint));
        }
        match placeholders(&at, value) {
            Err(problem) => problems.push(problem),
            Ok(parts) => problems.extend(parts.iter().find_map(|part| unknown_yet(&at, part))),
        }
    }
    problems
}

/// Whether it can be the value of a directive without beginning another line.
pub(crate) fn is_one_line(value: &str) -> bool {
    !value.contains(['\n', '\r', '\0']) && !value.ends_with('\\')
}

/// A unit can be read by everybody, and what a machine's variable holds could be more than a value.
fn unknown_yet(setting: &str, part: &Placeholder) -> Option<Problem> {
    if matches!(part, Placeholder::Text(_) | Placeholder::Release) {
        return None;
    }
    let what = format!("`{}` cannot stand in a directive", part.written());
    let hint = "put it into `environment`, which others cannot read";
    Some(Problem::new(what).at(setting).hint(hint))
}

/// What is wrong with the members of a list.
pub(crate) fn each(
    setting: &str,
    texts: &[String],
    check: fn(&str, &str) -> Option<Problem>,
) -> Vec<Problem> {
    let texts = texts.iter().enumerate();
    let wrong = texts.filter_map(|(index, text)| check(&format!("{setting}[{index}]"), text));
    wrong.collect()
}
