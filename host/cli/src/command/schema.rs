//! `orch schema`: the JSON Schema of the pipeline file, with the loaded plugins' settings.

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::planning;
use crate::project::Project;
use crate::stop::Stop;

pub fn schema(
    environment: Environment,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    // A pipeline that is there may bring plugins of its own; none is needed.
    let path = environment.directory.join(&arguments.pipeline);
    let (house, own) = match path.exists() {
        true => {
            let project = Project::open(&environment, &arguments.pipeline)?;
            let own = planning::own_plugins(&planning::parse(&project, console)?, &project);
            (House::open(environment, Some(project.folder), true)?, own)
        }
        false => (House::open(environment, None, true)?, Vec::new()),
    };
    let plugins = house.plugins(console, &own)?;
    let schema = orch_pipeline::schema(&plugins.summaries());
    console.print(&format!("{schema:#}\n"));
    Ok(Exit::Done)
}
