//! The temperatures of a machine, and from which on it slows itself down.
//! Documentation/driver-api/thermal/sysfs-api.rst.

use super::kernel_files::KernelFiles;

/// No zone has more trip points (`THERMAL_MAX_TRIPS` of older kernels).
const MOST_TRIPS: u32 = 12;

/// A place whose temperature is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// As its driver calls it: `x86_pkg_temp`, `cpu-thermal`.
    pub name: String,
    /// Its temperature in thousandths of a degree Celsius.
    pub millidegrees: i64,
    /// From which temperature on the kernel slows processors down, in the same unit.
    pub slows_at_millidegrees: Option<i64>,
}

/// Reads every zone that says its temperature.
pub(super) fn read(files: &KernelFiles) -> Vec<Zone> {
    let names = files.names("sys/class/thermal");
    let zones = names.iter().filter(|name| name.starts_with("thermal_zone"));
    zones
        .filter_map(|name| {
            let folder = format!("sys/class/thermal/{name}");
            Some(Zone {
                millidegrees: files.number(&format!("{folder}/temp"))?,
                slows_at_millidegrees: passive_trip(files, &folder),
                name: files
                    .word(&format!("{folder}/type"))
                    .unwrap_or_else(|| name.clone()),
            })
        })
        .collect()
}

/// The lowest trip point of the kind `passive`, at which processors are slowed down. One that was
/// not set up says 0 or less.
fn passive_trip(files: &KernelFiles, folder: &str) -> Option<i64> {
    let trips = (0..MOST_TRIPS).filter_map(|trip| {
        let kind = files.text(&format!("{folder}/trip_point_{trip}_type"))?;
        let at: i64 = files.number(&format!("{folder}/trip_point_{trip}_temp"))?;
        (kind == "passive" && at > 0).then_some(at)
    });
    trips.min()
}
