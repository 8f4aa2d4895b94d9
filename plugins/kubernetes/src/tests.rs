//! Manifests as a person reads them, and what is refused.

use expect_test::{Expect, expect};
use orch_plugin::{fake, settings};

use super::*;

fn request() -> Request {
    let mut request = Request::of("agent");
    request.tweaks = vec![
        Tweak::runtime_variable("GOGC", "200"),
        Tweak::runtime_variable("GOMEMLIMIT", "200MiB"),
        Tweak::service_directive("LimitNOFILE", "65536"),
        Tweak::kernel_parameter("net.core.somaxconn", "4096"),
    ];
    request
}

fn planned(json: &str) -> Result<Proposal, Error> {
    Kubernetes::plan(&request(), settings(json)?, &fake::Facts::new())
}

fn check(json: &str, expected: Expect) {
    expected.assert_eq(&planned(json).unwrap().text());
}

fn refused(json: &str, expected: Expect) {
    expected.assert_eq(&planned(json).unwrap_err().text());
}

#[test]
fn an_image_is_enough() {
    check(
        r#"{"image": "deploy.image", "hardening": false, "verify": false}"#,
        expect![[r#"
            home .local/share/orch/edge, as the user, by ["kubectl"]
            stage:
              write deployment.json, 644
                | {
                |   "apiVersion": "apps/v1",
                |   "kind": "Deployment",
                |   "metadata": {
                |     "labels": {
                |       "app.kubernetes.io/managed-by": "orch",
                |       "app.kubernetes.io/name": "agent"
                |     },
                |     "name": "agent"
                |   },
                |   "spec": {
                |     "progressDeadlineSeconds": 300,
                |     "selector": {
                |       "matchLabels": {
                |         "app.kubernetes.io/name": "agent"
                |       }
                |     },
                |     "strategy": {
                |       "rollingUpdate": {
                |         "maxSurge": 1,
                |         "maxUnavailable": 0
                |       },
                |       "type": "RollingUpdate"
                |     },
                |     "template": {
                |       "metadata": {
                |         "labels": {
                |           "app.kubernetes.io/managed-by": "orch",
                |           "app.kubernetes.io/name": "agent"
                |         }
                |       },
                |       "spec": {
                |         "containers": [
                |           {
                |             "env": [
                |               {
                |                 "name": "GOGC",
                |                 "value": "200"
                |               },
                |               {
                |                 "name": "GOMEMLIMIT",
                |                 "value": "200MiB"
                |               }
                |             ],
                |             "image": "${image.image}",
                |             "name": "agent"
                |           }
                |         ],
                |         "terminationGracePeriodSeconds": 30
                |       }
                |     }
                |   }
                | }
              write kustomization.yaml, 644
                | {
                |   "apiVersion": "kustomize.config.k8s.io/v1beta1",
                |   "kind": "Kustomization",
                |   "resources": [
                |     "deployment.json"
                |   ]
                | }
            activate:
              run ["kubectl", "apply", "--server-side", "--field-manager=orch", "--kustomize=."]
              run ["kubectl", "rollout", "status", "--timeout=300s", "deployment/agent"]
            withdraw:
              run ["kubectl", "delete", "--ignore-not-found", "--timeout=300s", "--kustomize=."]
            checks:
              ["kubectl", "wait", "--for=condition=Available", "--timeout=1s", "deployment/agent"] exits with 0
            follow: ["kubectl", "logs", "--follow", "--prefix", "--selector=app.kubernetes.io/name=agent"]
        "#]],
    );
}

#[test]
fn everything_can_be_said() {
    check(
        r#"{"image": "deploy.image", "name": "sensor", "context": "lab", "namespace": "field",
            "replicas": 3, "arguments": ["--price=$5", "$${X}", "--zone=${host.zone}"],
            "environment": {"GOGC": "50", "TOKEN": "${secret.token}"},
            "ports": {"http": 8080, "https": 443},
            "probes": {"ready": "/ready", "live": "/alive"}, "memory": "256M", "cpu": "0.5",
            "cpu-limit": "2", "max-surge": "25%", "max-unavailable": "1", "stop-timeout": "1500ms",
            "timeout": "1m", "writable": ["/var/lib/sensor"], "force-conflicts": true}"#,
        expect![[r#"
            home .local/share/orch/edge, as the user, by ["kubectl"]
            stage:
              write deployment.json, 644
                | {
                |   "apiVersion": "apps/v1",
                |   "kind": "Deployment",
                |   "metadata": {
                |     "labels": {
                |       "app.kubernetes.io/managed-by": "orch",
                |       "app.kubernetes.io/name": "sensor"
                |     },
                |     "name": "sensor",
                |     "namespace": "field"
                |   },
                |   "spec": {
                |     "progressDeadlineSeconds": 60,
                |     "replicas": 3,
                |     "selector": {
                |       "matchLabels": {
                |         "app.kubernetes.io/name": "sensor"
                |       }
                |     },
                |     "strategy": {
                |       "rollingUpdate": {
                |         "maxSurge": "25%",
                |         "maxUnavailable": 1
                |       },
                |       "type": "RollingUpdate"
                |     },
                |     "template": {
                |       "metadata": {
                |         "labels": {
                |           "app.kubernetes.io/managed-by": "orch",
                |           "app.kubernetes.io/name": "sensor"
                |         }
                |       },
                |       "spec": {
                |         "automountServiceAccountToken": false,
                |         "containers": [
                |           {
                |             "args": [
                |               "--price=$$5",
                |               "$$${X}",
                |               "$(ORCH_ARGUMENT_3)"
                |             ],
                |             "env": [
                |               {
                |                 "name": "GOMEMLIMIT",
                |                 "value": "200MiB"
                |               },
                |               {
                |                 "name": "GOGC",
                |                 "value": "50"
                |               },
                |               {
                |                 "name": "TOKEN",
                |                 "valueFrom": {
                |                   "secretKeyRef": {
                |                     "key": "TOKEN",
                |                     "name": "sensor"
                |                   }
                |                 }
                |               },
                |               {
                |                 "name": "ORCH_ARGUMENT_3",
                |                 "valueFrom": {
                |                   "secretKeyRef": {
                |                     "key": "ORCH_ARGUMENT_3",
                |                     "name": "sensor"
                |                   }
                |                 }
                |               }
                |             ],
                |             "image": "${image.image}",
                |             "livenessProbe": {
                |               "httpGet": {
                |                 "path": "/alive",
                |                 "port": "http"
                |               }
                |             },
                |             "name": "sensor",
                |             "ports": [
                |               {
                |                 "containerPort": 8080,
                |                 "name": "http"
                |               },
                |               {
                |                 "containerPort": 443,
                |                 "name": "https"
                |               }
                |             ],
                |             "readinessProbe": {
                |               "httpGet": {
                |                 "path": "/ready",
                |                 "port": "http"
                |               }
                |             },
                |             "resources": {
                |               "limits": {
                |                 "cpu": "2",
                |                 "memory": "256Mi"
                |               },
                |               "requests": {
                |                 "cpu": "0.5",
                |                 "memory": "256Mi"
                |               }
                |             },
                |             "securityContext": {
                |               "allowPrivilegeEscalation": false,
                |               "capabilities": {
                |                 "add": [
                |                   "NET_BIND_SERVICE"
                |                 ],
                |                 "drop": [
                |                   "ALL"
                |                 ]
                |               },
                |               "readOnlyRootFilesystem": true
                |             },
                |             "volumeMounts": [
                |               {
                |                 "mountPath": "/var/lib/sensor",
                |                 "name": "writable-1"
                |               }
                |             ]
                |           }
                |         ],
                |         "securityContext": {
                |           "runAsNonRoot": true,
                |           "seccompProfile": {
                |             "type": "RuntimeDefault"
                |           }
                |         },
                |         "terminationGracePeriodSeconds": 2,
                |         "volumes": [
                |           {
                |             "emptyDir": {},
                |             "name": "writable-1"
                |           }
                |         ]
                |       }
                |     }
                |   }
                | }
              write service.json, 644
                | {
                |   "apiVersion": "v1",
                |   "kind": "Service",
                |   "metadata": {
                |     "labels": {
                |       "app.kubernetes.io/managed-by": "orch",
                |       "app.kubernetes.io/name": "sensor"
                |     },
                |     "name": "sensor",
                |     "namespace": "field"
                |   },
                |   "spec": {
                |     "ports": [
                |       {
                |         "name": "http",
                |         "port": 8080,
                |         "targetPort": "http"
                |       },
                |       {
                |         "name": "https",
                |         "port": 443,
                |         "targetPort": "https"
                |       }
                |     ],
                |     "selector": {
                |       "app.kubernetes.io/name": "sensor"
                |     }
                |   }
                | }
              write variable-ORCH_ARGUMENT_3, 600
                | --zone=${host.zone}
              write variable-TOKEN, 600
                | ${secret.token}
              write kustomization.yaml, 644
                | {
                |   "apiVersion": "kustomize.config.k8s.io/v1beta1",
                |   "kind": "Kustomization",
                |   "namespace": "field",
                |   "resources": [
                |     "deployment.json",
                |     "service.json"
                |   ],
                |   "secretGenerator": [
                |     {
                |       "name": "sensor",
                |       "files": [
                |         "ORCH_ARGUMENT_3=variable-ORCH_ARGUMENT_3",
                |         "TOKEN=variable-TOKEN"
                |       ]
                |     }
                |   ],
                |   "generatorOptions": {
                |     "labels": {
                |       "app.kubernetes.io/managed-by": "orch",
                |       "app.kubernetes.io/name": "sensor"
                |     }
                |   }
                | }
              run ["kubectl", "--context=lab", "--namespace=field", "apply", "--server-side", "--field-manager=orch", "--dry-run=server", "--kustomize=."]
            activate:
              run ["kubectl", "--context=lab", "--namespace=field", "apply", "--server-side", "--field-manager=orch", "--force-conflicts", "--kustomize=."]
              run ["kubectl", "--context=lab", "--namespace=field", "rollout", "status", "--timeout=60s", "deployment/sensor"]
            withdraw:
              run ["kubectl", "--context=lab", "--namespace=field", "delete", "--ignore-not-found", "--timeout=60s", "--kustomize=."]
            checks:
              ["kubectl", "--context=lab", "--namespace=field", "wait", "--for=condition=Available", "--timeout=1s", "deployment/sensor"] exits with 0
            follow: ["kubectl", "--context=lab", "--namespace=field", "logs", "--follow", "--prefix", "--selector=app.kubernetes.io/name=sensor"]
        "#]],
    );
}

#[test]
fn what_no_cluster_takes_is_named() {
    refused(
        r#"{"image": "agent:1.2", "name": "Agent_1", "context": "", "namespace": "a.b",
            "arguments": ["${secret.a}", "${x}"], "environment": {"1A": "", "B": "${host.}"},
            "ports": {"HTTP": 80, "a--b": 81}, "probes": {"ready": "healthz"}, "memory": "50%",
            "cpu": "-1", "cpu-limit": "0.5m", "max-surge": "0%", "max-unavailable": "0",
            "stop-timeout": "soon", "writable": ["tmp", "/a/../b"]}"#,
        expect![[r#"
            image: `agent:1.2` names no deploy that pushes an image
            name: `Agent_1` is no name in a cluster
            namespace: `a.b` is no name in a cluster
            context: `` is no context of kubectl
            ports.HTTP: `HTTP` is no name of a port
            ports.a--b: `a--b` is no name of a port
            probes.ready: `healthz` is no path of a URL
            probes: it is not told which port the probes ask
            memory: `50%` is no amount of memory
            cpu: `-1` is no amount of CPUs
            cpu-limit: `0.5m` is no amount of CPUs
            max-unavailable: an update can neither begin with a copy more nor with one less
            stop-timeout: `soon` is no length of time
            writable[0]: `tmp` is no folder of a container
            writable[1]: `/a/../b` is no folder of a container
            environment.1A: `1A` cannot be a variable in a cluster
            environment.B: `${host.}` is no placeholder
            arguments[0]: everybody on the machine can see the arguments of a program
            arguments[1]: `${x}` is no placeholder
        "#]],
    );
    refused(
        r#"{"image": "deploy.a", "ports": {"web": 80}, "probes": {"port": "http"}}"#,
        expect![[r#"
            probes.port: `http` is none of `ports`
        "#]],
    );
    refused(
        r#"{"image": "deploy.a", "max-surge": "many", "probes": {"port": "web", "startup": "/"}}"#,
        expect![[r#"
            probes.startup: unknown field `startup`, expected one of `port`, `ready`, `live`
        "#]],
    );
    refused(
        "{}",
        expect![[r#"
        image: `` names no deploy that pushes an image
    "#]],
    );
}
