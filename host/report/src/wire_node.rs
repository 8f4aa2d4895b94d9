//! A node's names and its end as `--output json` writes them: part of the format that
//! wire.rs describes.

use orch_engine::{Origin, Outcome};
use orch_model::{Digest, NodeId};
use serde::Serialize;

use crate::wire::WireFaultKind;

/// Bytes that are kept of what a process printed, from its end.
const MOST_PRINTED: usize = 64 * 1024;

#[derive(Serialize)]
pub(crate) struct WireName<'a> {
    node: &'a str,
    unit: &'a str,
    target: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub(crate) enum WireEnd<'a> {
    Succeeded {
        origin: WireOrigin,
        outputs: Vec<WireOutput<'a>>,
        findings: &'a serde_json::Value,
        notes: &'a [String],
        stdout: String,
        stderr: String,
    },
    Failed {
        reason: &'a str,
        hint: Option<&'a str>,
        fault: Option<WireFaultKind>,
        exit_code: Option<i32>,
        findings: &'a serde_json::Value,
        stdout: String,
        stderr: String,
    },
    Skipped {
        reason: &'a str,
    },
    Waits {
        reason: &'a str,
        findings: &'a serde_json::Value,
    },
    Cancelled,
}

#[derive(Serialize)]
pub(crate) struct WireOutput<'a> {
    path: String,
    digest: &'a Digest,
    bytes: u64,
    executable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WireOrigin {
    Done,
    Cached,
    Restored,
}

impl<'a> WireName<'a> {
    /// The names of a node.
    pub fn of(node: &'a NodeId) -> Self {
        Self {
            node: node.as_str(),
            unit: node.unit(),
            target: node.target(),
        }
    }
}

impl<'a> WireEnd<'a> {
    /// The end that an outcome is.
    pub fn of(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Succeeded { result, origin } => WireEnd::Succeeded {
                origin: match origin {
                    Origin::Done => WireOrigin::Done,
                    Origin::Cached => WireOrigin::Cached,
                    Origin::Restored => WireOrigin::Restored,
                },
                outputs: result
                    .outputs
                    .iter()
                    .map(|output| WireOutput {
                        path: output.path.to_string(),
                        digest: &output.digest,
                        bytes: output.bytes,
                        executable: output.executable,
                    })
                    .collect(),
                findings: &result.findings,
                notes: &result.notes,
                stdout: tail(result.stdout.as_bytes()),
                stderr: tail(result.stderr.as_bytes()),
            },
            Outcome::Failed {
                reason,
                hint,
                sample,
                fault,
                findings,
            } => WireEnd::Failed {
                reason,
                hint: hint.as_deref(),
                fault: fault.map(Into::into),
                exit_code: sample.as_ref().map(|sample| sample.exit_code),
                findings,
                stdout: tail(sample.as_ref().map_or(&[], |sample| &sample.stdout)),
                stderr: tail(sample.as_ref().map_or(&[], |sample| &sample.stderr)),
            },
            Outcome::Skipped { reason } => WireEnd::Skipped { reason },
            Outcome::Waits { reason, findings } => WireEnd::Waits { reason, findings },
            Outcome::Cancelled => WireEnd::Cancelled,
        }
    }
}

/// The end of what a process printed; bytes that are no text become U+FFFD.
fn tail(bytes: &[u8]) -> String {
    let end = &bytes[bytes.len().saturating_sub(MOST_PRINTED)..];
    String::from_utf8_lossy(end).into_owned()
}
