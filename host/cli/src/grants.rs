//! What the user allowed plugins: a file outside every repository, so that no pipeline can
//! grant to itself.

use std::path::PathBuf;

use orch_model::Fault;
use orch_plugins::Grants;

use crate::environment::Environment;

/// Where the user's grants lie.
pub fn file(environment: &Environment) -> PathBuf {
    environment.config.join("grants.toml")
}

/// The user's grants; none where there is no file.
pub fn read(environment: &Environment) -> Result<Grants, Fault> {
    let file = file(environment);
    match std::fs::read_to_string(&file) {
        Ok(text) => Grants::parse(&text)
            .map_err(|fault| Fault::usage(format!("`{}`: {fault}", file.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Grants::default()),
        Err(error) => Err(Fault::io("read", &file, &error)),
    }
}

/// Keeps grants.
pub fn write(environment: &Environment, grants: &Grants) -> Result<(), Fault> {
    let file = file(environment);
    std::fs::create_dir_all(&environment.config)
        .map_err(|error| Fault::io("create", &environment.config, &error))?;
    crate::files::replace(&file, grants.render().as_bytes())
}
