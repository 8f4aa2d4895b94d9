//! `${port}` in what a service is started with: a free port of this machine.

use orch_model::{Action, Load, Part, Readiness, Word};

const PORT: &str = "${port}";

/// The process with the port in place of its placeholder.
pub(crate) fn fill_action(action: &mut Action, port: u16) {
    let values = action
        .environment
        .iter_mut()
        .map(|variable| &mut variable.value);
    for word in action.arguments.iter_mut().chain(values) {
        fill_word(word, port);
    }
}

fn fill_word(word: &mut Word, port: u16) {
    for part in &mut word.0 {
        if let Part::Text(text) = part {
            *text = fill(text, port);
        }
    }
}

/// How it is known that the service at this port takes requests.
pub fn fill_readiness(ready: &Readiness, port: u16) -> Readiness {
    match ready {
        Readiness::Http { url, status } => Readiness::Http {
            url: fill(url, port),
            status: *status,
        },
        Readiness::Tcp(address) => Readiness::Tcp(fill(address, port)),
    }
}

/// The load on the service at this port.
pub(crate) fn fill_load(load: &Load, port: u16) -> Load {
    Load {
        url: fill(&load.url, port),
        ..load.clone()
    }
}

fn fill(text: &str, port: u16) -> String {
    text.replace(PORT, &port.to_string())
}
