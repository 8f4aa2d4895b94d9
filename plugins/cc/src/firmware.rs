//! Programs for chips without an operating system: nothing loads them, so the linker places
//! each part where it lies for good.
//!
//! The script is made of the target's memories. It uses what linkers of GNU and LLVM share:
//! <https://sourceware.org/binutils/docs/ld/Scripts.html>. Names of sections and symbols are
//! those that vendors' start files use: `.isr_vector` and `_sidata` of STMicroelectronics,
//! `.vectors` and `__StackTop` of Arm's CMSIS.

use orch_plugin::{Action, Error, Machine, Memory, Problem, output, scratch, source};

use crate::plan::Plan;
use crate::sources::{in_directory, literal};

/// Where the script lies below `scratch`.
const SCRIPT: &str = "firmware.ld";

/// The first address that no Cortex-M and no 32-bit RISC-V has.
const END_OF_ADDRESSES: u64 = 1 << 32;

/// Whether a program for this machine runs without an operating system.
pub(crate) fn is_for(target: &Machine) -> bool {
    target.names("none")
}

/// Each function and variable in a section of its own, so that the linker can leave out those
/// that nothing uses.
pub(crate) fn compiler_flags(target: &Machine) -> &'static [&'static str] {
    match is_for(target) {
        true => &["-ffunction-sections", "-fdata-sections"],
        false => &[],
    }
}

/// The map that the linker writes beside a program: what lies where, and why it is there.
pub(crate) fn map(program: &str) -> String {
    format!("{}.map", program.strip_suffix(".elf").unwrap_or(program))
}

/// The link of firmware: no start files of a system, the script, the map.
pub(crate) fn link(action: Action, map: &str, plan: &Plan<'_>) -> Result<Action, Error> {
    let (request, settings) = (plan.request, plan.settings);
    let action = action
        .arguments(["-nostartfiles", "-Wl,--gc-sections"])
        .argument(("-Wl,-Map=", output(map)))
        .output(map);
    if let Some(script) = &settings.linker_script {
        let path = match request.directory.as_str() {
            "" => script.clone(),
            directory => format!("{directory}/{script}"),
        };
        return Ok(action
            .argument(("-Wl,-T,", source(path)))
            .input(in_directory(&request.directory, &literal(script))));
    }
    let script = script(&request.target)?;
    Ok(action
        .file(SCRIPT, script)
        .argument(("-Wl,-T,", scratch(SCRIPT))))
}

/// A linker script for the machine's memories.
fn script(machine: &Machine) -> Result<String, Error> {
    let (Some(flash), Some(ram)) = (machine.memory_named("flash"), machine.memory_named("ram"))
    else {
        return Err(Problem::new(
            "the target says nothing of the chip's memories, so there is no place for the program",
        )
        .hint(
            "set `flash` and `ram` in the target's table, as in `flash = { origin = 0x08000000, \
             kib = 512 }`, or give the build a `linker-script` of its own",
        )
        .into());
    };
    let regions: String = machine
        .memories
        .iter()
        .map(|memory| region(memory, machine))
        .collect();
    let others: String = machine
        .memories
        .iter()
        .filter(|memory| ![flash, ram].contains(memory))
        .map(other)
        .collect();
    let stack_top = ram.origin + ram.bytes;
    Ok(format!(
        "\
MEMORY
{{
{regions}}}

ENTRY(Reset_Handler)

_estack = {stack_top:#010x};
__StackTop = _estack;

SECTIONS
{{
  .vectors :
  {{
    KEEP(*(.isr_vector .isr_vector.*))
    KEEP(*(.vectors .vectors.*))
    KEEP(*(.vector_table .vector_table.*))
  }} > flash
  .text : ALIGN(4)
  {{
    *(.text .text.*)
    KEEP(*(.init))
    KEEP(*(.fini))
  }} > flash
  .rodata : ALIGN(4)
  {{
    *(.rodata .rodata.*)
  }} > flash
  .ARM.extab : ALIGN(4) {{ *(.ARM.extab* .gnu.linkonce.armextab.*) }} > flash
  .ARM.exidx : ALIGN(4)
  {{
    __exidx_start = .;
    *(.ARM.exidx* .gnu.linkonce.armexidx.*)
    __exidx_end = .;
  }} > flash
  .init_array : ALIGN(4)
  {{
    __preinit_array_start = .;
    KEEP(*(.preinit_array .preinit_array.*))
    __preinit_array_end = .;
    __init_array_start = .;
    KEEP(*(SORT(.init_array.*) .init_array))
    __init_array_end = .;
    __fini_array_start = .;
    KEEP(*(SORT(.fini_array.*) .fini_array))
    __fini_array_end = .;
  }} > flash
  .data : ALIGN(4)
  {{
    _sdata = .;
    __data_start__ = .;
    *(.data .data.*)
    . = ALIGN(4);
    _edata = .;
    __data_end__ = .;
  }} > ram AT > flash
  _sidata = LOADADDR(.data);
  __etext = _sidata;
  .bss (NOLOAD) : ALIGN(4)
  {{
    _sbss = .;
    __bss_start__ = .;
    *(.bss .bss.*)
    *(COMMON)
    . = ALIGN(4);
    _ebss = .;
    __bss_end__ = .;
  }} > ram
  . = ALIGN(8);
  end = .;
  _end = .;
  __end__ = .;
{others}}}
"
    ))
}

/// A memory as a region, which goes on to the next one: how much there really is, is held
/// against the finished program, where what takes the room can be named.
fn region(memory: &Memory, machine: &Machine) -> String {
    let next = machine
        .memories
        .iter()
        .map(|other| other.origin)
        .filter(|&origin| origin > memory.origin)
        .min()
        .unwrap_or(END_OF_ADDRESSES);
    let rights = if memory.name == "flash" { "rx" } else { "rwx" };
    format!(
        "  {} ({rights}) : ORIGIN = {:#010x}, LENGTH = {:#x}\n",
        memory.name,
        memory.origin,
        next - memory.origin
    )
}

/// What a source puts into a memory beside the two that every chip has, by its name.
fn other(memory: &Memory) -> String {
    let name = &memory.name;
    format!("  .{name} (NOLOAD) : ALIGN(4) {{ *(.{name} .{name}.*) }} > {name}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_go_on_to_the_next_memory() {
        let chip = Machine::of("thumbv7em-none-eabihf")
            .memory("ram", 0x2000_0000, 128 << 10)
            .memory("flash", 0x0800_0000, 1 << 20)
            .memory("ccm", 0x1000_0000, 64 << 10);
        let script = script(&chip).unwrap();
        for line in [
            "  ram (rwx) : ORIGIN = 0x20000000, LENGTH = 0xe0000000",
            "  flash (rx) : ORIGIN = 0x08000000, LENGTH = 0x8000000",
            "  ccm (rwx) : ORIGIN = 0x10000000, LENGTH = 0x10000000",
            "_estack = 0x20020000;",
            "  .ccm (NOLOAD) : ALIGN(4) { *(.ccm .ccm.*) } > ccm",
        ] {
            assert!(script.lines().any(|it| it == line), "{line}\n{script}");
        }
    }

    #[test]
    fn a_chip_of_which_nothing_is_said_is_refused() {
        let chip = Machine::of("thumbv6m-none-eabi").memory("flash", 0, 65_536);
        assert!(matches!(script(&chip), Err(Error::Invalid(_))));
    }
}
