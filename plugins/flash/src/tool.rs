//! How the tools are called. OpenOCD: its user's guide, "Flash Programming" and "Debug Adapter
//! Configuration"; picotool: `picotool help load`, of version 2 for `--ser`, and 1.1 for the rest.

use crate::settings::Settings;

/// What `-t` of picotool names, by the ending of a file.
const TYPES: [&str; 3] = ["elf", "uf2", "bin"];

/// Flashes, reads back and starts. With `preverify`, a chip that holds the file already is not
/// flashed again.
pub(crate) fn openocd(settings: &Settings, file: &str) -> Vec<String> {
    let mut words = vec!["openocd".to_owned()];
    for (folder, name) in [
        ("board", &settings.board),
        ("interface", &settings.interface),
        ("target", &settings.chip),
    ] {
        if let Some(name) = name {
            words.extend(["--file".to_owned(), format!("{folder}/{name}.cfg")]);
        }
    }
    let serial = settings.serial.as_ref();
    let speed = settings.speed.as_ref();
    let mut commands = Vec::new();
    commands.extend(serial.map(|serial| format!("adapter serial {{{serial}}}")));
    commands.extend(speed.map(|speed| format!("adapter speed {speed}")));
    let address = settings.address.as_ref();
    let address = address.map(|address| format!(" {address}"));
    commands.push(format!(
        "program {{{file}}} preverify verify reset exit{}",
        address.unwrap_or_default()
    ));
    for command in commands {
        words.extend(["--command".to_owned(), command]);
    }
    words
}

/// Writes what differs, reads back and starts.
pub(crate) fn picotool(settings: &Settings, file: &str) -> Vec<String> {
    let mut words: Vec<String> = ["picotool", "load", "--update", "--verify", "--execute"]
        .map(str::to_owned)
        .to_vec();
    words.push(file.to_owned());
    let ending = file.rsplit_once('.').map(|(_, ending)| ending);
    if !ending.is_some_and(|ending| TYPES.contains(&ending)) {
        words.extend(["-t", "elf"].map(str::to_owned));
    }
    if let Some(address) = &settings.address {
        words.extend(["--offset".to_owned(), address.clone()]);
    }
    if let Some(serial) = &settings.serial {
        words.extend(["--ser".to_owned(), serial.clone()]);
    }
    if settings.force {
        words.push("--force".to_owned());
    }
    words
}
