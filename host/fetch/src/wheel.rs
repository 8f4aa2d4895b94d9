//! Which machines a wheel runs on, by the platform tags of the packaging standards.

use orch_model::{Architecture, Machine, OperatingSystem};

use crate::trouble::Trouble;

/// The platform tags of wheels that run on a machine, best first. For macOS one new and
/// one old name are enough: pip itself knows that `macosx_14_0` runs `macosx_11_0`.
pub(crate) fn platforms(machine: &Machine) -> Result<Vec<String>, Trouble> {
    let unknown = || {
        Trouble::Final(format!(
            "it is not known which Python packages run on `{}`",
            machine.triple
        ))
    };
    let architecture = machine.architecture().ok_or_else(unknown)?;
    match machine.operating_system().ok_or_else(unknown)? {
        OperatingSystem::Linux => {
            let architecture = match architecture {
                Architecture::X86_64 => "x86_64",
                Architecture::Aarch64 => "aarch64",
                Architecture::Riscv64 => "riscv64",
                Architecture::Arm if machine.triple.starts_with("armv6") => "armv6l",
                Architecture::Arm => "armv7l",
                Architecture::Wasm32 => return Err(unknown()),
            };
            Ok(linux_platforms(machine.triple.contains("musl"))
                .into_iter()
                .map(|system| format!("{system}_{architecture}"))
                .collect())
        }
        OperatingSystem::Darwin => match architecture {
            Architecture::Aarch64 => {
                Ok(vec!["macosx_14_0_arm64".into(), "macosx_11_0_arm64".into()])
            }
            Architecture::X86_64 => Ok(vec![
                "macosx_14_0_x86_64".into(),
                "macosx_10_15_x86_64".into(),
            ]),
            _ => Err(unknown()),
        },
        OperatingSystem::Windows => match architecture {
            Architecture::X86_64 => Ok(vec!["win_amd64".into()]),
            Architecture::Aarch64 => Ok(vec!["win_arm64".into()]),
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

/// Names of Linux systems, those first whose wheels run on the most machines. Programs
/// of a toolchain are most often static, so that one for glibc serves a musl machine
/// which has none of its own.
fn linux_platforms(is_musl: bool) -> Vec<String> {
    let mut systems = Vec::new();
    if is_musl {
        systems.extend(["musllinux_1_1", "musllinux_1_2"].map(str::to_owned));
    }
    let named = [
        (17, Some("manylinux2014")),
        (12, Some("manylinux2010")),
        (5, Some("manylinux1")),
    ];
    let newer = (18..=39).map(|minor| (minor, None));
    for (minor, alias) in named.into_iter().chain(newer) {
        systems.push(format!("manylinux_2_{minor}"));
        systems.extend(alias.map(str::to_owned));
    }
    systems.push("linux".into());
    systems
}

/// The platform tags that stand in a wheel's file name; none for one that runs anywhere.
pub(crate) fn platforms_of(file_name: &str) -> Option<Vec<String>> {
    let tags = file_name.strip_suffix(".whl")?.rsplit('-').next()?;
    Some(
        tags.split('.')
            .filter(|tag| *tag != "any")
            .map(str::to_owned)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(triple: &str) -> Vec<String> {
        platforms(&Machine::of_triple(triple)).unwrap()
    }

    #[test]
    fn what_runs_on_more_machines_comes_first() {
        let glibc = of("x86_64-unknown-linux-gnu");
        assert_eq!(glibc[0], "manylinux_2_17_x86_64");
        assert!(glibc.contains(&"manylinux_2_36_x86_64".to_owned()));
        assert_eq!(of("aarch64-unknown-linux-musl")[0], "musllinux_1_1_aarch64");
        assert_eq!(of("aarch64-pc-windows-msvc"), ["win_arm64"]);
        assert_eq!(
            of("armv6-unknown-linux-gnueabihf")[0],
            "manylinux_2_17_armv6l"
        );
    }

    #[test]
    fn machines_without_python_have_none() {
        for triple in [
            "wasm32-wasip1",
            "thumbv7em-none-eabihf",
            "sparc64-unknown-linux-gnu",
        ] {
            let trouble = platforms(&Machine::of_triple(triple)).unwrap_err();
            assert_eq!(
                trouble.into_parts().0,
                format!("it is not known which Python packages run on `{triple}`")
            );
        }
    }

    #[test]
    fn tags_are_read_off_a_file_name() {
        let name = "kit-1.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        let tags = ["manylinux_2_17_x86_64", "manylinux2014_x86_64"];
        assert_eq!(platforms_of(name).unwrap(), tags);
        assert_eq!(platforms_of("kit-1.0-py3-none-any.whl").unwrap(), [""; 0]);
        assert_eq!(platforms_of("kit-1.0.tar.gz"), None);
    }
}
