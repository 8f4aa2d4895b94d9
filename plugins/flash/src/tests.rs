//! Releases as a person reads them, and what is refused.

use expect_test::{Expect, expect};
use orch_plugin::{Machine, fake, settings};

use super::*;

fn request() -> Request {
    let mut request = Request::of("blink.elf");
    request.target = Machine::of("thumbv7em-none-eabihf");
    request.artifacts.push(Shipped {
        name: "blink.bin".to_owned(),
        executable: false,
    });
    request
}

fn planned(json: &str) -> Result<Proposal, Error> {
    Flash::plan(&request(), settings(json)?, &fake::Facts::new())
}

fn check(json: &str, expected: Expect) {
    expected.assert_eq(&planned(json).unwrap().text());
}

fn refused(json: &str, expected: Expect) {
    expected.assert_eq(&planned(json).unwrap_err().text());
}

#[test]
fn openocd_flashes() {
    check(
        r#"{"tool": "openocd", "interface": "stlink", "chip": "stm32f4x"}"#,
        expect![[r#"
            home .local/share/orch/edge, as the user, by ["openocd"]
            stage:
              upload blink.elf as blink.elf, 644
            activate:
              run ["openocd", "--file", "interface/stlink.cfg", "--file", "target/stm32f4x.cfg", "--command", "program {blink.elf} preverify verify reset exit"]
            withdraw:
            checks:
            log: []
            follow: []
        "#]],
    );
    check(
        r#"{"tool": "openocd", "board": "stm32f3discovery", "file": "blink.bin", "speed": 4000,
            "address": "0x08000000", "serial": "${host.serial}", "root": true,
            "follow": ["cat", "/dev/ttyACM0"]}"#,
        expect![[r#"
            home .local/share/orch/edge, as root, by ["cat", "openocd"]
            stage:
              upload blink.bin as blink.bin, 644
            activate:
              run ["openocd", "--file", "board/stm32f3discovery.cfg", "--command", "adapter serial {${host.serial}}", "--command", "adapter speed 4000", "--command", "program {blink.bin} preverify verify reset exit 0x08000000"]
            withdraw:
            checks:
            log: []
            follow: ["cat", "/dev/ttyACM0"]
        "#]],
    );
}

#[test]
fn picotool_flashes() {
    check(
        r#"{"tool": "picotool", "file": "blink.bin", "address": "0x10000000",
            "serial": "E660583883724A2F", "force": true}"#,
        expect![[r#"
            home .local/share/orch/edge, as the user, by ["picotool"]
            stage:
              upload blink.bin as blink.bin, 644
            activate:
              run ["picotool", "load", "--update", "--verify", "--execute", "blink.bin", "--offset", "0x10000000", "--ser", "E660583883724A2F", "--force"]
            withdraw:
            checks:
            log: []
            follow: []
        "#]],
    );
    let mut request = request();
    request.artifacts[0].name = "blink".to_owned();
    let settings = settings(r#"{"tool": "picotool"}"#).unwrap();
    let proposal = Flash::plan(&request, settings, &fake::Facts::new()).unwrap();
    assert!(proposal.text().contains(r#""blink", "-t", "elf"]"#));
}

#[test]
fn a_command_flashes() {
    check(
        r#"{"command": ["/opt/bin/burn", "--chip=${host.chip}", "--write={file}"],
            "verify": ["burn-check", "{file}"]}"#,
        expect![[r#"
            home .local/share/orch/edge, as the user, by ["burn-check"]
            stage:
              upload blink.elf as blink.elf, 644
            activate:
              run ["/opt/bin/burn", "--chip=${host.chip}", "--write=blink.elf"]
              run ["burn-check", "blink.elf"]
            withdraw:
            checks:
            log: []
            follow: []
        "#]],
    );
}

#[test]
fn what_no_tool_takes_is_named() {
    refused(
        "{}",
        expect![[r#"
        : it is not told what flashes
    "#]],
    );
    refused(
        r#"{"tool": "openocd", "command": ["a"], "verify": ["b"], "force": true}"#,
        expect![[r#"
            command: both `tool` and `command` say what flashes
            force: `force` means nothing to what flashes here
            verify: `verify` means nothing to what flashes here
            tool: OpenOCD is not told how to reach the chip
        "#]],
    );
    refused(
        r#"{"tool": "openocd", "interface": "../stlink", "chip": "rp2040.cfg", "address": "8000",
            "serial": "a} ; exec reboot"}"#,
        expect![[r#"
            interface: `../stlink` names no file of OpenOCD
            chip: `rp2040.cfg` names no file of OpenOCD
            address: `8000` is no address
            serial: `a} ; exec reboot` is no serial number
        "#]],
    );
    refused(
        r#"{"command": ["a\u0000", "${x}"], "speed": 4, "serial": "1", "follow": ["${host.}"]}"#,
        expect![[r#"
            speed: `speed` means nothing to what flashes here
            serial: `serial` means nothing to what flashes here
            command[0]: no argument and no variable of a program can hold a NUL
            command[1]: `${x}` is no placeholder
            follow[0]: `${host.}` is no placeholder
        "#]],
    );
    refused(
        r#"{"tool": "picotool", "file": "blink.uf2"}"#,
        expect![[r#"
            file: the build ships no `blink.uf2`
        "#]],
    );
    refused(
        r#"{"tool": "dfu-util"}"#,
        expect![[r#"
        tool: unknown variant `dfu-util`, expected `openocd` or `picotool`
    "#]],
    );
    let mut request = request();
    request.artifacts[0].name = "a b;c".to_owned();
    let settings = settings(r#"{"tool": "picotool"}"#).unwrap();
    let error = Flash::plan(&request, settings, &fake::Facts::new()).unwrap_err();
    expect![[r#"
        file: `a b;c` cannot be handed to a tool: such a name has letters, digits, `_`, `.`, `+`, `-`
    "#]].assert_eq(&error.text());
}
