//! Firmware for a chip without an operating system, by GCC and newlib of Debian's packages.

use std::fs;

use orch_tests::Project;

use crate::example::with_files_of;
use crate::project_of_compilers;

/// The example's pipeline for a chip with little flash and a file that fills it.
fn small_chip(pipeline: &str) -> String {
    pipeline
        .replace("kib = 1024", "kib = 16")
        .replace("src/*.c", "src/*.c\", \"filler.c")
}

/// A table of so many bytes that the linker does not leave out.
fn filler(bytes: usize) -> String {
    format!(
        "__attribute__((used, section(\".isr_vector.filler\"), aligned(1)))\n\
         static const char filler[{bytes}] = {{1}};\n"
    )
}

#[test]
fn the_example_makes_an_image_and_one_that_is_too_large_is_refused() {
    let project = with_files_of("firmware", project_of_compilers());
    assert!(
        project.files().contains(&"orch.lock".to_owned()),
        "the example's lock is committed"
    );
    let ran = project.orch(&["run", "--locked"]).exits(0);
    ran.shows("flash").shows("131.1 kB");
    let folder = project.path().join("out/sensor/board");
    let image = fs::read(folder.join("sensor.bin")).expect("the image is there");
    // The first words of the vector table: the end of memory, and code with the Thumb bit.
    let word = |at: usize| u32::from_le_bytes(image[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(word(0), 0x2002_0000);
    assert!(word(4) & 1 == 1 && word(4) >> 20 == 0x080, "{:x}", word(4));
    let map = fs::read_to_string(folder.join("sensor.map")).expect("the map is there");
    assert!(map.contains("Reset_Handler"));

    let pipeline = fs::read_to_string(project.path().join("pipeline.toml")).expect("it is there");
    let project = project.pipeline(&small_chip(&pipeline));
    let flash = 16 << 10;
    // Some of newlib's code begins at multiples of this: so finely can it be filled.
    let step = 16;
    let first = 4096;
    let project = project.file("filler.c", filler(first));
    project.orch(&["run"]).exits(0);
    let free = (flash - size(&project)) / step * step;
    let project = project.file("filler.c", filler(first + free));
    project.orch(&["run"]).exits(0);
    let fits = size(&project);
    assert!((flash - step..=flash).contains(&fits), "{fits}");

    let project = project.file("filler.c", filler(first + free + step));
    project
        .orch(&["run"])
        .exits(1)
        .as_documented("Firmware that is too large");
    assert_eq!(size(&project), fits, "the last good one stays");
}

/// Bytes of the image that lies in place.
fn size(project: &Project) -> usize {
    let image = project.path().join("out/sensor/board/sensor.bin");
    fs::read(image).expect("the image is there").len()
}
