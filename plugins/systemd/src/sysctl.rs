//! Parameters of the kernel, which concern every program of the machine: set only where the user
//! allows it.

use orch_plugin::{Tweak, log};

use crate::settings::{Scope, Settings};

/// The folders below `/proc/sys`: what is below none of them is no sysctl.
const FOLDERS: [&str; 8] = ["abi", "crypto", "debug", "dev", "fs", "kernel", "net", "vm"];

/// The file of sysctl.d(5) that tuning asks for; none where it asks for nothing or is not allowed.
pub(crate) fn file(tweaks: &[Tweak], settings: &Settings) -> Option<String> {
    let mut lines = Vec::new();
    for tweak in tweaks {
        let Tweak::KernelParameter(pair) = tweak else {
            continue;
        };
        let line = format!("{} = {}\n", pair.name, pair.value);
        if !is_sysctl(&pair.name) || pair.value.chars().any(|c| c.is_control() || c == '$') {
            log::info(&format!(
                "`{}` is left alone: it is no sysctl; set it where the machine is set up",
                pair.name
            ));
        } else if settings.scope == Scope::User || !settings.allow_system {
            log::info(&format!(
                "`{}={}` is not set: it concerns the whole machine; `allow-system = true` of a \
                 system service allows it",
                pair.name, pair.value
            ));
        } else {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| lines.concat())
}

fn is_sysctl(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let folder = name.split(['.', '/']).next().unwrap_or_default();
    FOLDERS.contains(&folder) && name.chars().all(is_plain)
}
