//! What the probe `gobench` plans: the tests of each package run their benchmarks.

use orch_plugin::benchmark_probe::{Measurement, ProbePlan, Request, Work};
use orch_plugin::{Error, Facts};

use crate::LONGEST_MS;
use crate::settings::Settings;
use crate::suite::Suite;

/// How long each benchmark runs for one sample where nothing is said.
const BENCHTIME: &str = "100ms";

pub(crate) fn plan(
    request: &Request,
    settings: &Settings,
    facts: &dyn Facts,
) -> Result<ProbePlan, Error> {
    Error::if_any(settings.problems_of_gobench())?;
    let suite = Suite::of(request, settings, facts)?;
    let benchtime = settings.benchtime.as_deref().unwrap_or(BENCHTIME);
    let mut plan = ProbePlan::nothing();
    for package in &suite.packages {
        let run = Work::Run(suite.run(package, benchtime));
        plan = plan
            .action(suite.compile(package))
            .measurement(Measurement {
                timeout_ms: LONGEST_MS,
                ..Measurement::of(package.name.as_str(), run)
            });
    }
    Ok(plan)
}

#[cfg(test)]
mod tests;
