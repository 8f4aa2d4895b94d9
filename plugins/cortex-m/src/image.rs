//! The image that is written to a chip's flash: the bytes of a linked program without their
//! headers, from the first that is loaded to the last.

use orch_plugin::target_platform::FinishRequest;
use orch_plugin::{
    Action, Artifact, Build, Error, InstalledToolchain, Path, artifact, output, tool,
};

/// The action's name.
const IMAGE: &str = "image";

/// The program as it is, and beside it its image; a file that is no program ships alone.
pub(crate) fn of(request: &FinishRequest) -> Result<Build, Error> {
    let program = &request.artifact;
    if !program.executable {
        return Ok(Build::nothing());
    }
    let copier = Copier::among(&request.tools)?;
    let stem = program.name.strip_suffix(".elf").unwrap_or(&program.name);
    let image = format!("{stem}.bin");
    // Of two programs of one build, each has its own.
    let name = format!("{IMAGE}-{}", stem.replace('/', "-"));
    let action = Action::new(&name, copier.program)
        .arguments(copier.arguments.iter().copied())
        .arguments(["-O", "binary"])
        .argument(program.path.clone())
        .argument(output(image.as_str()))
        .variables(copier.toolchain.environment.iter().cloned())
        .output(image.as_str());
    Ok(Build::nothing()
        .action(action)
        .artifact(program.clone())
        .artifact(Artifact::file(image.as_str(), artifact(&name, &image))))
}

/// A program that copies an object file into another format, and how it is called.
struct Copier<'a> {
    toolchain: &'a InstalledToolchain,
    program: Path,
    arguments: &'static [&'static str],
}

impl<'a> Copier<'a> {
    /// The `objcopy` of GNU or LLVM that the first toolchain has, or else Zig's own.
    fn among(toolchains: &'a [InstalledToolchain]) -> Result<Self, Error> {
        let found = |arguments, fits: fn(&str) -> bool| {
            toolchains.iter().find_map(|toolchain| {
                let tool = toolchain.tools.iter().find(|tool| fits(&tool.name))?;
                Some(Copier {
                    toolchain,
                    program: self::tool(&toolchain.name, &tool.program),
                    arguments,
                })
            })
        };
        found(&[], |name| name.ends_with("objcopy"))
            .or_else(|| found(&["objcopy"], |name| name == "zig"))
            .ok_or_else(|| {
                Error::Unsupported(
                    "no toolchain of this build has `objcopy`, which makes the image for a \
                     chip's flash; lend it one that does: `tools = [\"arm\"]`, and \
                     `[toolchain.arm]` with the package `gcc-arm-none-eabi`"
                        .to_owned(),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use orch_plugin::{Tool, word};

    use super::*;

    fn toolchain(name: &str, tool: &str) -> InstalledToolchain {
        InstalledToolchain {
            name: name.to_owned(),
            version: "12.2.0".to_owned(),
            tools: vec![Tool::new(tool, format!("bin/{tool}"))],
            environment: Vec::new(),
            sysroot: None,
        }
    }

    fn request(artifact: Artifact, tools: Vec<InstalledToolchain>) -> FinishRequest {
        FinishRequest {
            name: "cortex-m3".to_owned(),
            settings: "{}".to_owned(),
            artifact,
            tools,
        }
    }

    fn program() -> Artifact {
        Artifact::program("blink.elf", artifact("link", "blink.elf"))
    }

    #[test]
    fn the_image_ships_beside_the_program() {
        let gcc = toolchain("arm", "arm-none-eabi-objcopy");
        let build = of(&request(program(), vec![toolchain("zig", "zig"), gcc])).unwrap();
        let names: Vec<_> = build.artifacts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["blink.elf", "blink.bin"]);
        let [action] = &build.actions[..] else {
            panic!("there is one");
        };
        assert_eq!(action.program, tool("arm", "bin/arm-none-eabi-objcopy"));
        let arguments: Vec<_> = action.arguments.iter().map(|it| word(it)).collect();
        assert_eq!(arguments[..2], ["-O", "binary"]);
    }

    #[test]
    fn zig_copies_where_nothing_else_does() {
        let build = of(&request(program(), vec![toolchain("zig", "zig")])).unwrap();
        assert_eq!(word(&build.actions[0].arguments[0]), "objcopy");
        let none = of(&request(program(), vec![toolchain("go", "go")]));
        assert!(matches!(none, Err(Error::Unsupported(why)) if why.contains("objcopy")));
    }

    #[test]
    fn what_is_no_program_ships_alone() {
        let map = Artifact::file("blink.map", artifact("link", "blink.map"));
        assert_eq!(of(&request(map, Vec::new())).unwrap(), Build::nothing());
    }
}
