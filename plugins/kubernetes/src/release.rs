//! The steps by which manifests go live. kubectl puts the Secret together from files that hold its
//! values as they are, so that none needs to be quoted, and names it by their digest: pods start
//! anew where one changes, and those of a release before keep the Secret that they began with.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use orch_plugin::Error;
use orch_plugin::deployer::{Check, Release, Step};
use serde::Serialize;

use crate::manifest::{NAME_LABEL, Workload};
use crate::settings::seconds;

const DEPLOYMENT: &str = "deployment.json";
const SERVICE: &str = "service.json";
/// What kubectl reads a folder by; JSON is YAML.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// What a folder of manifests is made of: https://kubectl.docs.kubernetes.io/references/kustomize/
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kustomization {
    api_version: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    resources: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    secret_generator: Vec<SecretGenerator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generator_options: Option<GeneratorOptions>,
}

#[derive(Serialize)]
struct SecretGenerator {
    name: String,
    /// `KEY=file`
    files: Vec<String>,
}

/// How a Secret of an earlier release is found, which nobody removes.
#[derive(Serialize)]
struct GeneratorOptions {
    labels: BTreeMap<String, String>,
}

/// The release of a workload by a deploy.
pub(crate) fn of(deploy: &str, workload: &Workload<'_>) -> Result<Release, Error> {
    let settings = workload.settings;
    let kubectl = Kubectl::of(workload);
    let object = format!("deployment/{}", workload.name);
    let timeout = format!("--timeout={}s", seconds(&settings.timeout));
    let mut stage = documents(workload)?;
    if settings.verify {
        stage.push(kubectl.apply(&["--dry-run=server"]));
    }
    let force: &[&str] = match settings.force_conflicts {
        true => &["--force-conflicts"],
        false => &[],
    };
    let selector = format!("--selector={NAME_LABEL}={}", workload.name);
    let available = ["wait", "--for=condition=Available", "--timeout=1s", &object];
    Ok(Release {
        programs: vec!["kubectl".to_owned()],
        stage,
        activate: vec![
            kubectl.apply(force),
            Step::Run(kubectl.command(&["rollout", "status", &timeout, &object])),
        ],
        withdraw: vec![Step::Run(kubectl.command(&[
            "delete",
            "--ignore-not-found",
            &timeout,
            "--kustomize=.",
        ]))],
        checks: vec![Check::Command(kubectl.command(&available))],
        log: kubectl.logs(&selector, &[]),
        follow: kubectl.logs(&selector, &["--follow"]),
        ..Release::at(format!(".local/share/orch/{deploy}"))
    })
}

/// How kubectl is called for one cluster and namespace.
struct Kubectl(Vec<String>);

impl Kubectl {
    fn of(workload: &Workload<'_>) -> Self {
        let mut words = vec!["kubectl".to_owned()];
        let settings = workload.settings;
        words.extend(
            settings
                .context
                .as_ref()
                .map(|it| format!("--context={it}")),
        );
        words.extend(
            settings
                .namespace
                .as_ref()
                .map(|it| format!("--namespace={it}")),
        );
        Self(words)
    }

    fn command(&self, words: &[&str]) -> Vec<String> {
        let words = words.iter().map(|&word| word.to_owned());
        self.0.iter().cloned().chain(words).collect()
    }

    fn logs(&self, selector: &str, how: &[&str]) -> Vec<String> {
        let words = ["logs", "--prefix", "--tail=${lines}", selector];
        self.command(&[&words, how].concat())
    }

    /// The cluster joins what is stated here with what others state of the same objects, and refuses
    /// where both state one field.
    fn apply(&self, more: &[&str]) -> Step {
        let words = ["apply", "--server-side", "--field-manager=orch"];
        Step::Run(self.command(&[&words, more, &["--kustomize=."]].concat()))
    }
}

fn documents(workload: &Workload<'_>) -> Result<Vec<Step>, Error> {
    let mut steps = vec![Step::write(
        DEPLOYMENT,
        json::<Deployment>(&workload.deployment())?,
    )];
    let mut resources = vec![DEPLOYMENT];
    if let Some(service) = workload.service() {
        resources.push(SERVICE);
        steps.push(Step::write(SERVICE, json(&service)?));
    }
    let mut files = Vec::new();
    for (name, value) in &workload.words.secret {
        let file = format!("variable-{name}");
        files.push(format!("{name}={file}"));
        steps.push(Step::write_private(file, value));
    }
    let secret = (!files.is_empty()).then(|| SecretGenerator {
        name: workload.name.to_owned(),
        files,
    });
    let labels = workload.labels();
    let kustomization = Kustomization {
        generator_options: secret.as_ref().map(|_| GeneratorOptions { labels }),
        api_version: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        namespace: workload.settings.namespace.clone(),
        resources,
        secret_generator: secret.into_iter().collect(),
    };
    steps.push(Step::write(KUSTOMIZATION, json(&kustomization)?));
    Ok(steps)
}

/// Texts in it are contract texts already, and JSON changes no `$` and no brace.
fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|error| Error::Failed(format!("a manifest: {error}")))?;
    Ok(format!("{text}\n"))
}
