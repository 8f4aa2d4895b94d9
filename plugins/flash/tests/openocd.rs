//! Whether the real OpenOCD takes what it is given, without a board: its own `program` is shown to
//! know the words, and one that only tells its arguments stands in its place.

use std::fs;
use std::path::Path;
use std::process::Command;

use orch_plugin::deployer::{Deployer, Proposal, Request, Step};
use orch_plugin::{fake, settings};
use orch_plugin_flash::Flash;

/// What OpenOCD prints, and whether it exits with 0.
fn printed(name: &str, config: &str, arguments: &[String]) -> (String, bool) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(folder.join("board")).unwrap();
    fs::write(folder.join("board/told.cfg"), config).unwrap();
    let mut command = Command::new("openocd");
    command.args(arguments).env("OPENOCD_SCRIPTS", &folder);
    let output = command.output();
    let output = output.expect("openocd: `apt-get install openocd` brings it");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (text, output.status.success())
}

#[test]
fn openocd_takes_its_arguments() {
    let json = r#"{"tool": "openocd", "board": "told", "speed": 400, "serial": "AB-12:3",
        "address": "0x08000000"}"#;
    let request = Request::of("blink.elf");
    let proposal = Flash::plan(&request, settings(json).unwrap(), &fake::Facts::new());
    let Proposal::Release(release) = proposal.unwrap() else {
        panic!("an image");
    };
    let [Step::Run(command)] = &release.activate[..] else {
        panic!("{:?}", release.activate);
    };
    let config = "source [find interface/dummy.cfg]
        proc program {filename args} { echo \"<$filename> <$args> [adapter speed]\"; shutdown }";
    let (text, succeeded) = printed("arguments", config, &command[1..]);
    assert!(succeeded, "{text}");
    let told = "<blink.elf> <preverify verify reset exit 0x08000000>";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("400"), "{text}");
}

#[test]
fn openocd_knows_the_words_of_program() {
    let config = "echo [info body program]; shutdown";
    let arguments = ["--file", "board/told.cfg"].map(str::to_owned);
    let (text, succeeded) = printed("words", config, &arguments);
    assert!(succeeded, "{text}");
    for word in ["preverify", "verify", "reset", "exit"] {
        assert!(text.contains(&format!("$arg \"{word}\"")), "{word}: {text}");
    }
}
