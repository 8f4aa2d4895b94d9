//! Which processors a machine has, by `/proc/cpuinfo`, proc_cpuinfo(5). What that file holds
//! differs by architecture: on x86 a name and numbers, on 64-bit Arm numbers only.

use super::kernel_files::KernelFiles;

/// What tells one model from another, on each architecture that has such lines. Neither the
/// frequency nor the microcode is among them: both change while the machine stays the same.
const NUMBERS: [&str; 11] = [
    "vendor_id",
    "cpu family",
    "model",
    "stepping",
    "CPU implementer",
    "CPU variant",
    "CPU part",
    "CPU revision",
    "mvendorid",
    "marchid",
    "mimpid",
];

/// A kind of processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessorModel {
    /// As its maker calls it, where the kernel knows.
    pub name: Option<String>,
    /// The maker's numbers for it, separated by blanks: `AuthenticAMD 26 2 1`, `0x41 0x4 0xd0b 1`.
    pub numbers: String,
}

/// Each kind once, in the order of the processors' numbers.
pub(super) fn read(files: &KernelFiles) -> Vec<ProcessorModel> {
    let text = files.text("proc/cpuinfo").unwrap_or_default();
    let mut models = Vec::new();
    for paragraph in text.split("\n\n") {
        let model = model(paragraph);
        if model != ProcessorModel::default() && !models.contains(&model) {
            models.push(model);
        }
    }
    models
}

fn model(paragraph: &str) -> ProcessorModel {
    let value = |wanted: &str| {
        paragraph.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name.trim() == wanted).then(|| value.trim())
        })
    };
    let numbers: Vec<&str> = NUMBERS.iter().filter_map(|name| value(name)).collect();
    ProcessorModel {
        name: value("model name").map(str::to_owned),
        numbers: numbers.join(" "),
    }
}
