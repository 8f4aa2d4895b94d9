//! Shows what a plugin costs when its code is kept already: loading, the first call with
//! the engine's start in it, and a call after that.
//!
//!     cargo run --release -p orch-plugins --example warm_call -- CACHE COMPONENT.wasm…

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use orch_engine::Cancel;
use orch_engine::port::{FactSource, Plugins};
use orch_model::{Answer, Machine, PluginId, Question, Refusal, Role};
use orch_plugins::{Grants, Limits, PluginHost, PluginHostSettings};

/// Knows the host machine and nothing else.
struct Machines;

impl FactSource for Machines {
    fn answer(&self, question: &Question) -> Result<Answer, Refusal> {
        match question {
            Question::HostMachine => Ok(Answer::Machine(Machine::of_triple(
                "x86_64-unknown-linux-gnu",
            ))),
            _ => Err(Refusal::Absent),
        }
    }
}

fn host(cache: &Path) -> PluginHost {
    let settings = PluginHostSettings {
        cancel: Cancel::new(),
        cache: cache.to_owned(),
        limits: Limits::default(),
    };
    PluginHost::new(settings, Arc::new(Machines), Grants::default())
}

/// Calls the cheapest function that the plugin has.
fn call(host: &PluginHost, plugin: &PluginId) -> Result<(), String> {
    let summaries = host.summaries();
    let summary = summaries
        .iter()
        .find(|summary| summary.manifest.id == *plugin)
        .ok_or("it is not loaded")?;
    let machine = Machine::of_triple("x86_64-unknown-linux-gnu");
    let failure = match summary.manifest.roles.first() {
        Some(Role::TargetPlatform) => host.platform_offers(plugin).result.err(),
        Some(Role::TuningPolicy) => host.policy_offers(plugin).result.err(),
        Some(Role::ToolchainSource) => {
            // It fails for want of facts, but it is called.
            let _ = host.releases(plugin, "", &machine, "{}");
            None
        }
        _ => host.check(plugin).err(),
    };
    failure.map_or(Ok(()), |failure| Err(failure.to_string()))
}

fn main() -> Result<(), String> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let cache = arguments
        .next()
        .ok_or("usage: warm_call CACHE COMPONENT.wasm…")?;
    println!("load       first call  next call   plugin");
    let mut hosts = Vec::new();
    for component in arguments {
        // The first host makes sure that the code is kept.
        let cold = host(&cache);
        let plugin = cold
            .load_path(Path::new(""), &component)
            .map_err(|failure| failure.to_string())?;
        call(&cold, &plugin)?;

        let start = Instant::now();
        let warm = host(&cache);
        warm.load_path(Path::new(""), &component)
            .map_err(|failure| failure.to_string())?;
        let loaded = start.elapsed();
        call(&warm, &plugin)?;
        let first = start.elapsed() - loaded;
        let start = Instant::now();
        call(&warm, &plugin)?;
        let next = start.elapsed();
        println!(
            "{}  {}  {}  {plugin}",
            shown(loaded),
            shown(first),
            shown(next)
        );
        hosts.push(component);
    }
    let start = Instant::now();
    let all = host(&cache);
    for component in &hosts {
        let plugin = all
            .load_path(Path::new(""), component)
            .map_err(|failure| failure.to_string())?;
        call(&all, &plugin)?;
    }
    println!("all of them in one host: {}", shown(start.elapsed()));
    Ok(())
}

fn shown(time: Duration) -> String {
    format!("{:7.3} ms", time.as_secs_f64() * 1_000.0)
}
