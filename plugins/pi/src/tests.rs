//! What each board is with which settings, and what it is recognised by.

use orch_plugin::target_platform::Runner;
use orch_plugin::{fake, settings};

use super::*;

fn describe(offer: &str, json: &str) -> Result<Target, Error> {
    Pi::describe(offer, settings(json)?, &fake::Facts::new())
}

fn page_sizes(target: &Target) -> Vec<u32> {
    target
        .requirements
        .iter()
        .find_map(|requirement| match requirement {
            Requirement::PageBytes(sizes) => Some(sizes.clone()),
            _ => None,
        })
        .expect("the page size matters on these boards")
}

fn refused(offer: &str, json: &str) -> Vec<(String, String)> {
    match describe(offer, json) {
        Err(Error::Invalid(problems)) => problems
            .into_iter()
            .map(|problem| {
                let said = problem.message + "; " + &problem.hint.unwrap_or_default();
                (problem.setting.unwrap_or_default(), said)
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn with_nothing_said_both_kernels_of_a_pi_5_are_borne() {
    let target = describe("pi5", "{}").unwrap();
    assert_eq!(page_sizes(&target), [4096, 16_384]);
    assert_eq!(target.machine.page_bytes, None);
    assert_eq!(target.machine.memory_bytes, None);
    assert_eq!(target.machine.cpu.as_deref(), Some("cortex-a76"));
    assert_eq!(target.machine.cores, Some(4));
}

#[test]
fn a_known_kernel_and_memory_are_taken_at_their_word() {
    let target = describe("pi5", r#"{"memory": "8GB", "pages": "16K"}"#).unwrap();
    assert_eq!(page_sizes(&target), [16_384]);
    assert_eq!(target.machine.page_bytes, Some(16_384));
    assert_eq!(target.machine.memory_bytes, Some(8_589_934_592));
}

#[test]
fn older_boards_have_one_kernel_and_neither_atomics_nor_cryptography() {
    for (offer, cpu) in [("pi4", "cortex-a72"), ("pi3", "cortex-a53")] {
        let target = describe(offer, "{}").unwrap();
        assert_eq!(target.machine.page_bytes, Some(4096));
        assert_eq!(target.machine.features, ["crc"]);
        assert_eq!(target.environment[0].value, "v8.0");
        assert_eq!(
            target.runner,
            Runner::Emulator(
                ["qemu-aarch64-static", "-cpu", cpu]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
    }
}

#[test]
fn a_32_bit_system_has_programs_for_armv7_and_pages_of_4_kib() {
    for offer in ["pi5", "pi4", "pi3"] {
        let target = describe(offer, r#"{"system": "32-bit"}"#).unwrap();
        assert_eq!(target.machine.triple, "armv7-unknown-linux-gnueabihf");
        assert_eq!(target.machine.page_bytes, Some(4096));
        assert_eq!(
            (&*target.environment[0].name, &*target.environment[0].value),
            ("GOARM", "7")
        );
    }
    let said = refused("pi5", r#"{"system": "32-bit", "pages": "16K"}"#);
    assert_eq!(said[0].0, "pages");
}

#[test]
fn what_a_board_is_never_sold_with_is_refused_with_what_it_is() {
    let said = refused("pi3", r#"{"memory": "8GB", "pages": "16K"}"#);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[0].0, "memory");
    assert!(said[0].1.contains("`512MB` or `1GB`"), "{said:?}");
    assert!(said[1].1.contains("set `4K`"), "{said:?}");
    let said = refused("pi5", r#"{"memory": "3GB"}"#);
    assert!(said[0].1.contains("`16GB`"), "{said:?}");
}

#[test]
fn a_board_is_recognised_by_its_model() {
    for (model, offer) in [
        ("Raspberry Pi 5 Model B Rev 1.0", Some("pi5")),
        ("Raspberry Pi Compute Module 5 Rev 1.0", Some("pi5")),
        ("Raspberry Pi 500 Rev 1.0", Some("pi5")),
        ("Raspberry Pi 4 Model B Rev 1.5", Some("pi4")),
        ("Raspberry Pi 400 Rev 1.0", Some("pi4")),
        ("Raspberry Pi Compute Module 4S Rev 1.0", Some("pi4")),
        ("Raspberry Pi 3 Model A Plus Rev 1.0", Some("pi3")),
        ("Raspberry Pi Compute Module 3 Plus Rev 1.0", Some("pi3")),
        ("Raspberry Pi Zero 2 W Rev 1.0", Some("pi3")),
        ("Raspberry Pi Zero W Rev 1.1", None),
        ("Raspberry Pi 2 Model B Rev 1.1", None),
        ("Orange Pi 5", None),
    ] {
        let seen = Observation::of(&[("device-tree-model", model)]);
        let offers: Vec<_> = offer.into_iter().collect();
        assert_eq!(Pi::recognise(&seen), offers, "{model}");
    }
    assert!(Pi::recognise(&Observation::of(&[])).is_empty());
}

#[test]
fn a_board_that_is_new_is_recognised_by_its_chip() {
    for (compatible, offer) in [
        ("raspberrypi,4-model-b,brcm,bcm2711", Some("pi4")),
        ("raspberrypi,2-model-b-rev2,brcm,bcm2837", Some("pi3")),
        ("raspberrypi,model-zero-w,brcm,bcm2835", None),
        // Somebody else's board, of which the chip is all that is known.
        ("example,board,brcm,bcm2711", None),
    ] {
        let seen = Observation::of(&[
            ("device-tree-model", "Raspberry Pi of tomorrow"),
            ("device-tree-compatible", compatible),
        ]);
        let offers: Vec<_> = offer.into_iter().collect();
        assert_eq!(Pi::recognise(&seen), offers, "{compatible}");
    }
}
