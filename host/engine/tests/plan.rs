//! Resolving and planning with plugins made of plain values.

use orch_engine::port::{
    AdviceRequest, BuildRequest, Called, DeployRequest, FinishRequest, Plugins, ProbeRequest,
    SampleRequest,
};
use orch_engine::{Keep, PlanProblem, SmokeRun, Surroundings, plan, resolve};
use orch_model::{
    Action, Advice, Archive, ArchiveFormat, Artifact, Build, BuildTable, ChosenPolicy, Digest,
    Lock, Machine, Manifest, Measurement, Observation, Offer, Pipeline, PluginFailure, PluginId,
    PluginOrigin, PluginSummary, ProbePlan, Proposal, Reading, RelativePath, Release, Role, Root,
    Runner, SandboxPath, Settings, Spanned, Target, TargetRunner, TargetTable, Toolchain,
    ToolchainTable, Tweak, Word, Work,
};

/// One plugin of every role, `all`, and a second platform that offers `board` too.
#[derive(Default)]
struct Fake {
    /// What upstream serves now.
    contents: &'static str,
    two_boards: bool,
    /// The newest release, where it is not the usual one.
    newest: Option<&'static str>,
    /// Whether it fails when it is asked for its platforms.
    breaks: bool,
    runner: TargetRunner,
    triple: Option<&'static str>,
}

fn called<T>(result: Result<T, PluginFailure>) -> Called<T> {
    Called {
        result,
        facts: Vec::new(),
        logs: Vec::new(),
    }
}

fn summary(id: &str, roles: &[Role]) -> PluginSummary {
    PluginSummary {
        manifest: Manifest {
            id: id.parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            api: "^0.1".parse().unwrap(),
            roles: roles.to_vec(),
            summary: String::new(),
            settings: Default::default(),
            asks: Default::default(),
        },
        digest: Digest::of(id),
        origin: PluginOrigin::Bundled,
        imports: Vec::new(),
        exports: Vec::new(),
        bytes: 1,
    }
}

impl Plugins for Fake {
    fn summaries(&self) -> Vec<PluginSummary> {
        let mut summaries = vec![summary("all", &Role::ALL)];
        if self.two_boards {
            summaries.push(summary("other", &[Role::TargetPlatform]));
        }
        summaries
    }

    fn releases(&self, _: &PluginId, _: &str, _: &Machine, _: &str) -> Called<Vec<String>> {
        let usual = ["1.2.3", "1.2.2"].into_iter();
        let releases = self.newest.into_iter().chain(usual);
        called(Ok(releases.map(str::to_owned).collect()))
    }

    fn locate(&self, _: &PluginId, version: &str, host: &Machine, _: &str) -> Called<Toolchain> {
        if host.triple.contains("windows") {
            return called(Err(PluginFailure::Unsupported("only unix".into())));
        }
        called(Ok(Toolchain {
            version: version.into(),
            archives: vec![Archive {
                urls: vec![format!(
                    "https://example.test/{version}-{}.tar.gz",
                    host.triple
                )],
                digest: Digest::of(self.contents),
                bytes: None,
                format: ArchiveFormat::TarGz,
                strip_components: 1,
                into: RelativePath::root(),
                exclude: Vec::new(),
            }],
            tools: Vec::new(),
            environment: Vec::new(),
            sysroot: None,
            files: Vec::new(),
            programs: Vec::new(),
        }))
    }

    fn plan_build(&self, _: &PluginId, request: &BuildRequest) -> Called<Build> {
        let path = |root, relative: &str| SandboxPath {
            root,
            relative: RelativePath::new(relative).unwrap(),
        };
        let arguments = request
            .tweaks
            .iter()
            .map(|tweak| Word::text(tweak.to_string()));
        called(Ok(Build {
            actions: vec![Action {
                name: "compile".into(),
                program: Word::text("cc"),
                arguments: arguments.collect(),
                environment: Vec::new(),
                directory: path(Root::Source, ""),
                inputs: Vec::new(),
                outputs: vec![path(Root::Output, &request.unit)],
                files: Vec::new(),
                caches: Vec::new(),
                cache_owner: "all".into(),
                network: false,
                after: Vec::new(),
                tools: Vec::new(),
                runner: Runner::Native,
                timeout_ms: None,
                cacheable: true,
            }],
            artifacts: vec![Artifact {
                name: RelativePath::new(&request.unit).unwrap(),
                path: path(Root::Artifact("compile".into()), &request.unit),
                executable: true,
            }],
        }))
    }

    fn platform_offers(&self, _: &PluginId) -> Called<Vec<Offer>> {
        if self.breaks {
            return called(Err(PluginFailure::Broken(
                "it cannot say what it offers".into(),
            )));
        }
        called(Ok(vec![Offer {
            name: "board".into(),
            summary: String::new(),
        }]))
    }

    fn recognise(&self, _: &PluginId, _: &Observation) -> Called<Vec<String>> {
        called(Ok(Vec::new()))
    }

    fn describe_target(&self, _: &PluginId, _: &str, _: &str) -> Called<Target> {
        called(Ok(Target {
            machine: Machine::of_triple(self.triple.unwrap_or("aarch64-unknown-linux-musl")),
            runner: self.runner.clone(),
            ..Target::default()
        }))
    }

    fn finish_artifact(&self, _: &PluginId, _: &FinishRequest) -> Called<Build> {
        called(Ok(Build::default()))
    }

    fn policy_offers(&self, _: &PluginId) -> Called<Vec<Offer>> {
        let offer = |name: &str| Offer {
            name: name.into(),
            summary: String::new(),
        };
        called(Ok(vec![offer("fast"), offer("fastest")]))
    }

    fn advise(&self, _: &PluginId, policy: &str, _: &AdviceRequest) -> Called<Vec<Advice>> {
        called(Ok(vec![Advice {
            policy: policy.into(),
            tweak: Tweak::BuildFlag {
                slot: "cc.flags".into(),
                value: format!("-O={policy}"),
            },
            reason: "it is faster".into(),
            reference: None,
        }]))
    }

    fn probe_offers(&self, _: &PluginId) -> Called<Vec<Offer>> {
        called(Ok(vec![Offer {
            name: "size".into(),
            summary: String::new(),
        }]))
    }

    fn plan_probe(&self, _: &PluginId, _: &str, _: &ProbeRequest) -> Called<ProbePlan> {
        called(Ok(ProbePlan {
            actions: Vec::new(),
            measurements: vec![Measurement {
                name: "size".into(),
                service: None,
                work: Work::Inspect,
                cold: false,
                warmups: 0,
                samples: 1,
            }],
            files: Vec::new(),
        }))
    }

    fn read_samples(&self, _: &PluginId, _: &SampleRequest) -> Called<Reading> {
        called(Ok(Reading::default()))
    }

    fn plan_deploy(&self, _: &PluginId, _: &DeployRequest) -> Called<Proposal> {
        called(Ok(Proposal::Release(Release::default())))
    }
}

fn at<T>(value: T) -> Spanned<T> {
    Spanned::new(value, 0..1)
}

fn pipeline(platform: &str) -> Pipeline {
    Pipeline {
        name: at("test".into()),
        plugins: Vec::new(),
        toolchains: vec![ToolchainTable {
            name: at("all".into()),
            with: at("all".into()),
            version: at("~1.2".into()),
            from: None,
            settings: Settings::default(),
        }],
        targets: vec![TargetTable {
            name: at("edge".into()),
            platform: at(platform.into()),
            settings: Settings::default(),
        }],
        builds: vec![BuildTable {
            name: at("agent".into()),
            with: at("all".into()),
            toolchain: None,
            toolchains: Vec::new(),
            tools: Vec::new(),
            targets: vec![at("edge".into())],
            tuning: vec![policy("fast")],
            directory: RelativePath::root(),
            needs: Vec::new(),
            smoke: Some(at(vec!["-version".into()])),
            settings: Settings::default(),
        }],
        fleets: Vec::new(),
        deploys: Vec::new(),
        secrets: Vec::new(),
        tasks: Vec::new(),
        benches: Vec::new(),
    }
}

fn policy(name: &str) -> ChosenPolicy {
    ChosenPolicy {
        offer: at(name.into()),
        settings: Settings::default(),
    }
}

fn host(triple: &str) -> Machine {
    Machine {
        cores: Some(2),
        memory_bytes: Some(1 << 30),
        ..Machine::of_triple(triple)
    }
}

fn lock_on(triple: &str, fake: &Fake) -> Lock {
    resolve(
        &pipeline("board"),
        &Lock::empty(),
        Keep::Pinned,
        &host(triple),
        fake,
    )
    .unwrap()
    .lock
}

fn planned(
    fake: &Fake,
    pipeline: &Pipeline,
    programs: &[&str],
) -> Result<orch_engine::Plan, Vec<String>> {
    let host = host("x86_64-unknown-linux-gnu");
    let lock = lock_on(&host.triple, fake);
    let planned = plan(
        pipeline,
        &lock,
        fake,
        Surroundings {
            host: &host,
            has_program: &|name| programs.contains(&name),
            variable: &|_| None,
        },
    );
    planned.plan.ok_or_else(|| messages(&planned.problems))
}

fn messages(problems: &[PlanProblem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let hint = problem.diagnostic.hint.as_deref().unwrap_or_default();
            format!("{} | {hint}", problem.diagnostic.message)
        })
        .collect()
}

#[test]
fn a_lock_is_the_same_on_every_host_and_leaves_out_hosts_without_a_release() {
    let fake = Fake::default();
    let lock = lock_on("x86_64-unknown-linux-gnu", &fake);
    assert_eq!(lock, lock_on("aarch64-apple-darwin", &fake));
    let hosts: Vec<_> = lock.toolchains[0]
        .hosts
        .iter()
        .map(|release| release.host.as_str())
        .collect();
    assert_eq!(
        hosts,
        [
            "aarch64-darwin",
            "aarch64-linux",
            "x86_64-darwin",
            "x86_64-linux"
        ]
    );
}

#[test]
fn what_is_pinned_stays_while_its_requirement_does() {
    let fake = Fake::default();
    let here = host("x86_64-unknown-linux-gnu");
    let lock = lock_on(&here.triple, &fake);
    let changed = Fake {
        contents: "other bytes",
        ..Fake::default()
    };
    let again = resolve(&pipeline("board"), &lock, Keep::Pinned, &here, &changed).unwrap();
    assert_eq!((again.lock, again.changes), (lock, Vec::new()));
}

#[test]
fn a_lock_without_this_host_gains_it_and_keeps_its_release() {
    let fake = Fake::default();
    let here = host("x86_64-unknown-linux-gnu");
    let whole = lock_on(&here.triple, &fake);
    let mut lock = whole.clone();
    lock.toolchains[0]
        .hosts
        .retain(|one| one.host != "x86_64-linux");
    let newer = Fake {
        newest: Some("1.2.4"),
        ..Fake::default()
    };
    let again = resolve(&pipeline("board"), &lock, Keep::Pinned, &here, &newer).unwrap();
    assert_eq!(again.lock, whole);
    assert_eq!(
        again.changes,
        ["toolchain `all`: 1.2.3 as before, for other hosts"]
    );
}

#[test]
fn where_a_plugin_cannot_say_what_it_offers_no_name_is_called_unknown() {
    let fake = Fake {
        breaks: true,
        ..Fake::default()
    };
    let problems = planned(&fake, &pipeline("boards"), &[]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("it cannot"), "{problems:?}");
}

#[test]
fn a_file_that_changed_upstream_is_an_error_that_shows_both_digests() {
    let here = host("x86_64-unknown-linux-gnu");
    let lock = lock_on(&here.triple, &Fake::default());
    let changed = Fake {
        contents: "other bytes",
        ..Fake::default()
    };
    let problems = resolve(&pipeline("board"), &lock, Keep::Nothing, &here, &changed).unwrap_err();
    let message = &problems[0].diagnostic.message;
    assert!(message.contains(&Digest::of("").to_string()), "{message}");
    assert!(
        message.contains(&Digest::of("other bytes").to_string()),
        "{message}"
    );
}

#[test]
fn advice_reaches_the_builder_and_the_plan() {
    let plan = planned(&Fake::default(), &pipeline("board"), &[]).unwrap();
    let build = &plan.builds[0];
    assert_eq!(build.actions[0].arguments, [Word::text("cc.flags -O=fast")]);
    assert_eq!(build.advice[0].reason, "it is faster");
}

#[test]
fn of_two_policies_that_disagree_the_builder_hears_the_later_one() {
    let mut pipeline = pipeline("board");
    pipeline.builds[0].tuning = vec![policy("fastest"), policy("fast")];
    let plan = planned(&Fake::default(), &pipeline, &[]).unwrap();
    let build = &plan.builds[0];
    assert_eq!(build.actions[0].arguments, [Word::text("cc.flags -O=fast")]);
    let policies: Vec<_> = build.advice.iter().map(|one| one.policy.as_str()).collect();
    assert_eq!(policies, ["fastest", "fast"]);
}

#[test]
fn a_smoke_run_takes_the_shortest_way_that_there_is() {
    let emulator = || TargetRunner::Emulator(vec!["qemu".into(), "-cpu".into()]);
    for (triple, runner, programs, expected) in [
        (
            "x86_64-unknown-linux-musl",
            emulator(),
            vec![],
            Ok(Runner::Native),
        ),
        (
            "aarch64-unknown-linux-musl",
            emulator(),
            vec!["qemu"],
            Ok(Runner::Emulator(vec!["qemu".into(), "-cpu".into()])),
        ),
        (
            "aarch64-unknown-linux-musl",
            emulator(),
            vec![],
            Err("`qemu` is not on this machine"),
        ),
        (
            "wasm32-wasip1",
            TargetRunner::EmbeddedWasm,
            vec![],
            Ok(Runner::EmbeddedWasm),
        ),
        (
            "aarch64-apple-darwin",
            TargetRunner::None,
            vec![],
            Err("`board` has no runner on this machine"),
        ),
    ] {
        let fake = Fake {
            runner,
            triple: Some(triple),
            ..Fake::default()
        };
        let plan = planned(&fake, &pipeline("board"), &programs).unwrap();
        let found = match &plan.builds[0].smoke {
            SmokeRun::Action(action) => Ok(action.runner.clone()),
            SmokeRun::Not(why) => Err(why.as_str()),
        };
        assert_eq!(found, expected, "{triple}");
    }
}

#[test]
fn an_unknown_platform_is_met_with_the_nearest() {
    let problems = planned(&Fake::default(), &pipeline("boards"), &[]).unwrap_err();
    assert_eq!(
        problems,
        [
            "target `edge` wants platform `boards`, which no plugin offers | did you mean `board`? `orch target list` shows all"
        ]
    );
}

#[test]
fn a_platform_of_two_plugins_must_be_told_apart() {
    let fake = Fake {
        two_boards: true,
        ..Fake::default()
    };
    let problems = planned(&fake, &pipeline("board"), &[]).unwrap_err();
    assert_eq!(
        problems,
        [
            "target `edge` wants platform `board`, which 2 plugins offer | write `all/board` or `other/board`"
        ]
    );
    assert!(planned(&fake, &pipeline("other/board"), &[]).is_ok());
}
