//! Whether a machine is a virtual one, by what the kernel and the firmware say of it.

use super::kernel_files::KernelFiles;

/// How firmware of hypervisors names its maker or the machine; the first column is what such a
/// text begins with. The texts are those that systemd-detect-virt(1) goes by.
const FIRMWARES: [(&str, &str); 14] = [
    ("QEMU", "QEMU"),
    ("KVM", "KVM"),
    ("OpenStack", "KVM"),
    ("KubeVirt", "KVM"),
    ("Amazon EC2", "Amazon EC2"),
    ("Google Compute Engine", "Google Compute Engine"),
    ("VMware", "VMware"),
    ("VMW", "VMware"),
    ("innotek GmbH", "VirtualBox"),
    ("VirtualBox", "VirtualBox"),
    ("Xen", "Xen"),
    ("Bochs", "Bochs"),
    ("Parallels", "Parallels"),
    ("Virtual Machine", "Hyper-V"),
];

/// What stands between a system and the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Virtualization {
    /// Nothing.
    None,
    /// A hypervisor, by name where it says one.
    Hypervisor(Option<String>),
    /// The machine does not say.
    Unknown,
}

/// Reads it.
pub(super) fn read(files: &KernelFiles) -> Virtualization {
    if let Some(name) = named(files) {
        return Virtualization::Hypervisor(Some(name));
    }
    // arch/x86/include/asm/cpufeatures.h: `hypervisor` is "Running on a hypervisor". A processor
    // without this flag on x86 is no virtual one; other architectures have no such flag.
    let cpuinfo = files.text("proc/cpuinfo").unwrap_or_default();
    let flags = cpuinfo.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == "flags").then_some(value)
    });
    match flags {
        Some(flags) if flags.split_whitespace().any(|flag| flag == "hypervisor") => {
            Virtualization::Hypervisor(None)
        }
        Some(_) => Virtualization::None,
        // A whole machine of Amazon's is the one that its firmware distinguishes by name.
        None if is_metal(files) => Virtualization::None,
        None => Virtualization::Unknown,
    }
}

/// The hypervisor that says its name: Documentation/ABI/stable/sysfs-hypervisor-xen, the device
/// tree's `hypervisor` node, or the firmware's tables, Documentation/ABI/testing/sysfs-class-dmi.
fn named(files: &KernelFiles) -> Option<String> {
    if let Some(kind) = files.word("sys/hypervisor/type") {
        return Some(kind);
    }
    if let Some(compatible) = files.word("proc/device-tree/hypervisor/compatible") {
        let first = compatible.split(['\0', ',']).next().unwrap_or_default();
        return Some(first.to_owned());
    }
    if is_metal(files) {
        return None;
    }
    ["product_name", "sys_vendor", "board_vendor", "bios_vendor"]
        .iter()
        .filter_map(|file| files.word(&format!("sys/class/dmi/id/{file}")))
        .find_map(|text| {
            let firmware = FIRMWARES
                .iter()
                .find(|(prefix, _)| text.starts_with(prefix));
            firmware.map(|(_, name)| (*name).to_owned())
        })
}

/// Amazon's names of instances that are whole machines end so.
fn is_metal(files: &KernelFiles) -> bool {
    files
        .word("sys/class/dmi/id/product_name")
        .is_some_and(|name| name.contains(".metal"))
}
