//! The image that is written to a chip's flash: the bytes of a linked program without their
//! headers, from the first that is loaded to the last.

use orch_plugin::target_platform::FinishRequest;
use orch_plugin::{Action, Artifact, Build, Error, Machine, artifact, output};
use orch_plugin_c_compiler::objcopy;

/// The action's name.
const IMAGE: &str = "image";

/// The program as it is, and beside it its image; a file that is no program ships alone.
pub(crate) fn of(request: &FinishRequest, target: &Machine) -> Result<Build, Error> {
    let program = &request.artifact;
    if !program.executable {
        return Ok(Build::nothing());
    }
    let objcopy = objcopy(&request.tools, target)?;
    let stem = program.name.strip_suffix(".elf").unwrap_or(&program.name);
    let image = format!("{stem}.bin");
    // Of two programs of one build, each has its own.
    let name = format!("{IMAGE}-{}", stem.replace('/', "-"));
    let action = Action::new(&name, objcopy)
        .arguments(["-O", "binary"])
        .argument(program.path.clone())
        .argument(output(image.as_str()))
        .output(image.as_str());
    Ok(Build::nothing()
        .action(action)
        .artifact(program.clone())
        .artifact(Artifact::file(image.as_str(), artifact(&name, &image))))
}

#[cfg(test)]
mod tests {
    use orch_plugin::{InstalledToolchain, tool, word};

    use super::*;

    fn finish(artifact: Artifact, tools: Vec<InstalledToolchain>) -> Result<Build, Error> {
        let request = FinishRequest {
            name: "cortex-m3".to_owned(),
            settings: "{}".to_owned(),
            artifact,
            tools,
        };
        of(&request, &Machine::of("thumbv7m-none-eabi"))
    }

    #[test]
    fn the_image_ships_beside_the_program() {
        let gcc = InstalledToolchain::of("arm", "12.2.0").tools(&["arm-none-eabi-objcopy"]);
        let program = Artifact::program("blink.elf", artifact("link", "blink.elf"));
        let build = finish(program.clone(), vec![gcc]).unwrap();
        let names: Vec<_> = build.artifacts.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["blink.elf", "blink.bin"]);
        let [action] = &build.actions[..] else {
            panic!("there is one");
        };
        assert_eq!(action.program, tool("arm", "arm-none-eabi-objcopy"));
        let arguments: Vec<_> = action.arguments.iter().map(word).collect();
        assert_eq!(arguments[..2], ["-O", "binary"]);
        assert!(finish(program, Vec::new()).is_err());
    }

    #[test]
    fn what_is_no_program_ships_alone() {
        let map = Artifact::file("blink.map", artifact("link", "blink.map"));
        assert_eq!(finish(map, Vec::new()).unwrap(), Build::nothing());
    }
}
