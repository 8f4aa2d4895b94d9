//! Programs that keep credentials, by docker's protocol: `docker-credential-NAME get` reads
//! the registry from its standard input and prints `ServerURL`, `Username` and `Secret`.

use std::collections::BTreeMap;
use std::io;
use std::process::{Output, Stdio};
use std::time::Duration;

use orch_model::Fault;
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::Credentials;

/// How long a helper may take: it may ask the user to unlock something.
const PATIENCE: Duration = Duration::from_secs(60);
/// What helpers say where they have nothing, by docker's `credentials.errCredentialsNotFound`.
const NOT_FOUND: &str = "credentials not found";
/// The user's name with which a helper says that the secret is a token to be exchanged.
const IDENTITY: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// What a helper has for a registry.
pub(super) async fn ask(
    name: &str,
    registry: &str,
    environment: &BTreeMap<String, String>,
) -> Result<Option<Credentials>, Fault> {
    let program = format!("docker-credential-{name}");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.chars().all(is_plain) {
        return Err(Fault::usage(format!(
            "`{program}` is no name of a credential helper"
        )));
    }
    let ended = tokio::time::timeout(PATIENCE, run(&program, registry, environment)).await;
    let output = match ended {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => {
            return Err(Fault::usage(format!("could not start `{program}`: {error}")).hint(
                "install it, or remove it from the configuration of docker or podman that names it",
            ));
        }
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            return Err(Fault::fetch(format!(
                "`{program}` did not answer within {seconds} s"
            )));
        }
    };
    understood(&program, registry, &output)
}

async fn run(
    program: &str,
    registry: &str,
    environment: &BTreeMap<String, String>,
) -> io::Result<Output> {
    let mut child = Command::new(program)
        .arg("get")
        .env_clear()
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not read its input may know the answer all the same.
        let _ = input.write_all(registry.as_bytes()).await;
    }
    child.wait_with_output().await
}

fn understood(
    program: &str,
    registry: &str,
    output: &Output,
) -> Result<Option<Credentials>, Fault> {
    if !output.status.success() {
        // Errors come on the standard output, by the protocol.
        let said = String::from_utf8_lossy(&output.stdout);
        if said.contains(NOT_FOUND) {
            return Ok(None);
        }
        return Err(
            Fault::fetch(format!("`{program} get` failed ({})", output.status))
                .hint(format!("`echo {registry} | {program} get` shows why")),
        );
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|_| {
        Fault::fetch(format!(
            "`{program} get` printed what is no answer of a credential helper"
        ))
    })?;
    Ok(match answer {
        Answer { secret, .. } if secret.is_empty() => None,
        Answer { username, secret } if username == IDENTITY => Some(Credentials::Identity(secret)),
        Answer { username, secret } => Some(Credentials::Password {
            user: username,
            password: secret,
        }),
    })
}
