//! The manifests of a workload: a Deployment, and a Service where it listens.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EmptyDirVolumeSource, HTTPGetAction,
    PodSecurityContext, PodSpec, PodTemplateSpec, Probe, ResourceRequirements, SeccompProfile,
    SecurityContext, Service, ServicePort, ServiceSpec, TCPSocketAction, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use orch_plugin::deployer::literal;

use crate::settings::{Settings, seconds};
use crate::words::Words;

/// What tells the objects of one workload from others, and the pods that a Service leads to.
pub(crate) const NAME_LABEL: &str = "app.kubernetes.io/name";
const MANAGER_LABEL: &str = "app.kubernetes.io/managed-by";

/// A workload.
pub(crate) struct Workload<'a> {
    pub(crate) name: &'a str,
    pub(crate) settings: &'a Settings,
    pub(crate) words: Words,
}

impl Workload<'_> {
    pub(crate) fn deployment(&self) -> Deployment {
        let settings = self.settings;
        let update = RollingUpdateDeployment {
            max_surge: Some(share(&settings.max_surge)),
            max_unavailable: Some(share(&settings.max_unavailable)),
        };
        let spec = DeploymentSpec {
            replicas: settings.replicas,
            selector: LabelSelector {
                match_labels: Some(self.selector()),
                ..LabelSelector::default()
            },
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(update),
            }),
            progress_deadline_seconds: i32::try_from(seconds(&settings.timeout)).ok(),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(self.labels()),
                    ..ObjectMeta::default()
                }),
                spec: Some(self.pod()),
            },
            ..DeploymentSpec::default()
        };
        Deployment {
            metadata: self.metadata(),
            spec: Some(spec),
            status: None,
        }
    }

    /// What leads to the ports, by the numbers that they have; none where there are no ports.
    pub(crate) fn service(&self) -> Option<Service> {
        let ports = self.settings.ports.iter().map(|(name, &port)| ServicePort {
            name: Some(name.clone()),
            port: i32::from(port),
            target_port: Some(IntOrString::String(name.clone())),
            ..ServicePort::default()
        });
        let ports: Vec<ServicePort> = ports.collect();
        (!ports.is_empty()).then(|| Service {
            metadata: self.metadata(),
            spec: Some(ServiceSpec {
                selector: Some(self.selector()),
                ports: Some(ports),
                ..ServiceSpec::default()
            }),
            status: None,
        })
    }

    fn metadata(&self) -> ObjectMeta {
        ObjectMeta {
            name: Some(self.name.to_owned()),
            namespace: self.settings.namespace.clone(),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }

    /// What each of its objects has.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let mut labels = self.selector();
        labels.insert(MANAGER_LABEL.to_owned(), "orch".to_owned());
        labels
    }

    /// A Deployment's cannot be changed later, so it holds nothing but the name.
    fn selector(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(NAME_LABEL.to_owned(), self.name.to_owned())])
    }

    fn pod(&self) -> PodSpec {
        let settings = self.settings;
        let volumes = settings
            .writable
            .iter()
            .enumerate()
            .map(|(index, _)| Volume {
                name: volume(index),
                empty_dir: Some(EmptyDirVolumeSource::default()),
                ..Volume::default()
            });
        let volumes: Vec<Volume> = volumes.collect();
        PodSpec {
            automount_service_account_token: settings.hardening.then_some(false),
            containers: vec![self.container()],
            security_context: settings.hardening.then(|| PodSecurityContext {
                run_as_non_root: Some(true),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".to_owned(),
                    localhost_profile: None,
                }),
                ..PodSecurityContext::default()
            }),
            termination_grace_period_seconds: Some(seconds(&settings.stop_timeout).into()),
            volumes: some(volumes),
            ..PodSpec::default()
        }
    }

    fn container(&self) -> Container {
        let settings = self.settings;
        let ports = settings.ports.iter().map(|(name, &port)| ContainerPort {
            name: Some(name.clone()),
            container_port: i32::from(port),
            ..ContainerPort::default()
        });
        let mounts = settings.writable.iter().enumerate();
        let mounts = mounts.map(|(index, path)| VolumeMount {
            name: volume(index),
            mount_path: literal(path),
            ..VolumeMount::default()
        });
        Container {
            name: self.name.to_owned(),
            image: Some(format!("${{image.{}}}", settings.image_deploy())),
            args: some(self.words.arguments.clone()),
            env: some(self.words.variables.clone()),
            ports: some(ports.collect()),
            resources: self.resources(),
            readiness_probe: self.readiness(),
            liveness_probe: settings.probes.live.as_deref().map(|path| self.asks(path)),
            security_context: settings.hardening.then(|| self.restricted()),
            volume_mounts: some(mounts.collect()),
            ..Container::default()
        }
    }

    /// Memory is given as much as may be had, so that the machine never promises more than it has.
    fn resources(&self) -> Option<ResourceRequirements> {
        let settings = self.settings;
        let amounts = |cpu: &Option<String>| {
            let memory = settings.memory.as_deref().map(|it| ("memory", binary(it)));
            let cpu = cpu.as_ref().map(|it| ("cpu", it.clone()));
            let amounts = cpu.into_iter().chain(memory);
            let amounts: BTreeMap<String, Quantity> = amounts
                .map(|(name, amount)| (name.to_owned(), Quantity(amount)))
                .collect();
            (!amounts.is_empty()).then_some(amounts)
        };
        let (requests, limits) = (amounts(&settings.cpu), amounts(&settings.cpu_limit));
        (requests.is_some() || limits.is_some()).then_some(ResourceRequirements {
            requests,
            limits,
            claims: None,
        })
    }

    fn readiness(&self) -> Option<Probe> {
        let port = self.settings.probed_port()?;
        Some(match &self.settings.probes.ready {
            Some(path) => self.asks(path),
            None => Probe {
                tcp_socket: Some(TCPSocketAction {
                    port: IntOrString::String(port.to_owned()),
                    host: None,
                }),
                ..Probe::default()
            },
        })
    }

    fn asks(&self, path: &str) -> Probe {
        let port = self.settings.probed_port().unwrap_or_default();
        Probe {
            http_get: Some(HTTPGetAction {
                path: Some(literal(path)),
                port: IntOrString::String(port.to_owned()),
                ..HTTPGetAction::default()
            }),
            ..Probe::default()
        }
    }

    /// The profile `restricted`, under which a port below 1024 may be listened at, and no writing
    /// to the image's files.
    fn restricted(&self) -> SecurityContext {
        let needs_bind = self.settings.ports.values().any(|&port| port < 1024);
        SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                add: needs_bind.then(|| vec!["NET_BIND_SERVICE".to_owned()]),
                drop: Some(vec!["ALL".to_owned()]),
            }),
            read_only_root_filesystem: Some(true),
            ..SecurityContext::default()
        }
    }
}

fn volume(index: usize) -> String {
    format!("writable-{}", index + 1)
}

/// A list that is left out where it is empty.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// `256M` is 256 MiB for systemd, and `256Mi` for Kubernetes.
fn binary(memory: &str) -> String {
    match memory.ends_with(['K', 'M', 'G', 'T']) {
        true => format!("{memory}i"),
        false => memory.to_owned(),
    }
}

fn share(text: &str) -> IntOrString {
    match text.parse() {
        Ok(number) => IntOrString::Int(number),
        Err(_) => IntOrString::String(text.to_owned()),
    }
}
