//! What the real kubectl makes of the manifests, without a cluster: it puts a folder together.

use std::fs;
use std::path::Path;
use std::process::Command;

use orch_plugin::deployer::{Deployer, Proposal, Request, Step};
use orch_plugin::{fake, settings};
use orch_plugin_kubernetes::Kubernetes;

/// A secret in which everything stands that means something in JSON, YAML or a shell.
const SECRET: &str = "-----BEGIN \"KEY\"-----\n'a' \\n $b ${c} {d}: # e\n\t-----END-----\n";

/// What kubectl would send to a cluster, as YAML.
fn put_together(name: &str, json: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let request = Request::of("agent");
    let proposal = Kubernetes::plan(&request, settings(json).unwrap(), &fake::Facts::new());
    let Proposal::Release(release) = proposal.unwrap() else {
        panic!("an image");
    };
    for step in &release.stage {
        if let Step::Write(document) = step {
            fs::write(folder.join(&document.to), performed(&document.contents)).unwrap();
        }
    }
    let mut command = Command::new("kubectl");
    let output = command.arg("kustomize").arg(&folder).output();
    let output = output.expect("kubectl: `apt-get install kubernetes-client` brings it");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the host makes of a text.
fn performed(contents: &str) -> String {
    const LITERAL: &str = "\u{fffe}";
    let contents = contents.replace("$${", LITERAL);
    let contents = contents.replace("${image.image}", "registry.example/agent@sha256:00");
    let contents = contents.replace("${secret.token}", SECRET);
    contents.replace(LITERAL, "${")
}

#[test]
fn a_secret_arrives_as_it_is() {
    let json = r#"{"image": "deploy.image", "environment": {"TOKEN": "${secret.token}"}}"#;
    let yaml = put_together("secret", json);
    let (_, behind) = yaml.split_once("TOKEN: ").expect("a Secret");
    // Long values are folded.
    let encoded = behind.split("kind: Secret").next().unwrap();
    let encoded: String = encoded
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "+/=".contains(*c))
        .collect();
    assert_eq!(decoded(encoded.trim()), SECRET, "{yaml}");
    // The Deployment asks for the Secret by the name that goes with what it holds.
    let named: Vec<&str> = yaml
        .lines()
        .filter(|line| line.contains("name: agent-"))
        .collect();
    assert_eq!(named.len(), 2, "{yaml}");
    assert_eq!(named[0].trim(), named[1].trim());
}

#[test]
fn manifests_are_put_together() {
    let json = r#"{"image": "deploy.image", "namespace": "field", "ports": {"http": 80},
        "arguments": ["$${X} $Y $(Z)"], "probes": {"ready": "/healthz"}}"#;
    let yaml = put_together("manifests", json);
    for line in [
        "kind: Deployment",
        "kind: Service",
        "  namespace: field",
        "        image: registry.example/agent@sha256:00",
        "        - $${X} $$Y $$(Z)",
    ] {
        assert!(yaml.contains(&format!("{line}\n")), "{line}: {yaml}");
    }
}

/// The text that base64 stands for.
fn decoded(encoded: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for digit in encoded.bytes().filter(|&byte| byte != b'=') {
        let value = DIGITS.iter().position(|&it| it == digit).unwrap();
        held = (held << 6) | u32::try_from(value).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).unwrap()
}
