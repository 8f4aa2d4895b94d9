//! `orch schema`: the JSON Schema of the pipeline file, with the loaded plugins' settings.

use crate::arguments::ProjectArguments;
use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::stop::Stop;

use super::plugin::loaded;

pub fn schema(
    environment: Environment,
    arguments: &ProjectArguments,
    console: &Console,
) -> Result<Exit, Stop> {
    let (plugins, _) = loaded(environment, &arguments.pipeline, console)?;
    let schema = orch_pipeline::schema(&plugins.summaries());
    console.document("schema", &format!("{schema:#}\n"));
    Ok(Exit::Done)
}
