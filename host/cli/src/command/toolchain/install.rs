//! `orch toolchain install`: a release onto this machine.

use orch_engine::NodeProgress;
use orch_engine::port::Event;
use orch_model::NodeId;
use orch_report::human_bytes;

use crate::console::Console;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::house::House;
use crate::stop::Stop;

use super::release;

pub fn install(
    environment: Environment,
    wanted: &str,
    offline: bool,
    console: &Console,
) -> Result<Exit, Stop> {
    let house = House::open(environment, None, offline, console)?;
    let (id, requirement) = release::split(wanted)?;
    let toolchain = release::resolve(&house, &id, &requirement, console)?;
    let cancel = house.interruptible(console)?;
    let observer = console.observer();
    let node = NodeId::toolchain(id.as_str());
    let progress = NodeProgress {
        node: &node,
        observer: &*observer,
    };
    let began = std::time::Instant::now();
    let tree = house.fetcher.install(&toolchain, &progress, cancel)?;
    observer.observe(Event::RunFinished {
        took: began.elapsed(),
    });
    console.say(&format!(
        "{id} {}: {}, {} files, in {}",
        toolchain.version,
        human_bytes(tree.bytes),
        tree.files,
        tree.root.display()
    ));
    Ok(Exit::Done)
}
