//! What of a user's settings no cluster would take, said at the setting. The rules of names are
//! those of Kubernetes' documentation, "Object Names and IDs".

use orch_plugin::Problem;

use crate::settings::Settings;

/// The longest label of a domain name.
const LABEL_BYTES: usize = 63;
/// The longest name of a port, by RFC 6335.
const PORT_BYTES: usize = 15;

/// The deploy that pushes the image.
pub(crate) fn image(deploy: &str, written: &str) -> Option<Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let is_good = !deploy.is_empty() && deploy.chars().all(is_plain);
    (!is_good).then(|| {
        Problem::value(written, "names no deploy that pushes an image")
            .at("image")
            .hint("write the table's name, such as `image = \"deploy.image\"`")
    })
}

/// The name of an object.
pub(crate) fn label(setting: &str, name: &str) -> Option<Problem> {
    (!is_label(name) || name.len() > LABEL_BYTES).then(|| {
        Problem::value(name, "is no name in a cluster")
            .at(setting)
            .hint("write small letters, digits and `-`, 63 at most, a letter first")
    })
}

fn is_label(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    // A Service's name must begin with a letter.
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.chars().all(is_plain)
}

/// The name of a port.
pub(crate) fn port(name: &str) -> Option<Problem> {
    let is_good = is_label(name) && name.len() <= PORT_BYTES && !name.contains("--");
    (!is_good).then(|| {
        Problem::value(name, "is no name of a port")
            .at(format!("ports.{name}"))
            .hint("write small letters, digits and single `-`, 15 at most, a letter first")
    })
}

/// The name of a context, which is anything that kubectl takes as one argument.
pub(crate) fn context(name: &str) -> Option<Problem> {
    let is_good = !name.is_empty() && !name.contains(char::is_control) && !name.contains("${");
    (!is_good).then(|| {
        Problem::value(name, "is no context of kubectl")
            .at("context")
            .hint("`kubectl config get-contexts` shows all")
    })
}

/// Paths, and which port is asked for them.
pub(crate) fn probes(settings: &Settings) -> Vec<Problem> {
    let probes = &settings.probes;
    let mut problems = Vec::new();
    let paths = [
        ("probes.ready", &probes.ready),
        ("probes.live", &probes.live),
    ];
    for (setting, path) in paths {
        let is_path = |path: &str| path.starts_with('/') && !path.contains(char::is_whitespace);
        if let Some(path) = path.as_deref().filter(|path| !is_path(path)) {
            let problem = Problem::value(path, "is no path of a URL").at(setting);
            problems.push(problem.hint("write one such as `/healthz`"));
        }
    }
    match settings.probed_port() {
        Some(name) if !settings.ports.contains_key(name) => {
            let problem = Problem::value(name, "is none of `ports`").at("probes.port");
            problems.push(problem.hint("write the name that it has there"));
        }
        None if probes.ready.is_some() || probes.live.is_some() => problems.push(
            Problem::new("it is not told which port the probes ask")
                .at("probes")
                .hint("write `port = \"…\"` with one of the names of `ports`"),
        ),
        _ => {}
    }
    problems
}

/// Memory, in the units that deployer `systemd` takes.
pub(crate) fn memory(text: &str) -> Option<Problem> {
    let number = text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text);
    let is_good = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    (!is_good).then(|| {
        Problem::value(text, "is no amount of memory")
            .at("memory")
            .hint("write bytes with `K`, `M` or `G`, such as `256M`")
    })
}

/// CPUs.
pub(crate) fn cpu(setting: &str, text: &str) -> Option<Problem> {
    let number = text.strip_suffix('m').unwrap_or(text);
    let is_number = |c: char| c.is_ascii_digit() || (c == '.' && !text.ends_with('m'));
    let is_good = number.chars().all(is_number) && number.parse::<f64>().is_ok_and(|it| it > 0.0);
    (!is_good).then(|| {
        Problem::value(text, "is no amount of CPUs")
            .at(setting)
            .hint("write CPUs or thousandths of one, such as `0.5` or `500m`")
    })
}

/// A number of copies, or a share of them.
pub(crate) fn share(setting: &str, text: &str) -> Option<Problem> {
    let number = text.strip_suffix('%').unwrap_or(text);
    let is_digits = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let is_good = is_digits && number.parse::<i32>().is_ok();
    (!is_good).then(|| {
        Problem::value(text, "is neither a number nor a share")
            .at(setting)
            .hint("write `1` or `25%`")
    })
}

/// An update that can neither add a copy nor take one away.
pub(crate) fn standstill(surge: &str, unavailable: &str) -> Option<Problem> {
    let is_none = |text: &str| text.trim_end_matches('%').parse() == Ok(0);
    (is_none(surge) && is_none(unavailable)).then(|| {
        Problem::new("an update can neither begin with a copy more nor with one less")
            .at("max-unavailable")
            .hint("set `max-surge` or `max-unavailable` to more than 0")
    })
}

/// A place in a container that can be written.
pub(crate) fn path(index: usize, path: &str) -> Option<Problem> {
    let mut parts = path.split('/').skip(1);
    let is_good = path.starts_with('/')
        && !path.contains([':', '$'])
        && !path.contains(char::is_control)
        && parts.all(|part| !matches!(part, "" | "." | ".."));
    (!is_good).then(|| {
        Problem::value(path, "is no folder of a container")
            .at(format!("writable[{index}]"))
            .hint("write an absolute path, such as `/var/lib/agent`")
    })
}
