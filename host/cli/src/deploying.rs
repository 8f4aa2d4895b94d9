//! Puts deploying together: how machines are reached, what is sent, and what is kept of it.

use orch_engine::Cancel;
use orch_engine::port::{DeployJob, DeployProgress, Deployed, Deployer};
use orch_model::{Fault, FaultKind};

/// For graphs in which nothing is deployed.
pub struct NoDeployer;

impl Deployer for NoDeployer {
    fn deploy(
        &self,
        job: DeployJob<'_>,
        _: &dyn DeployProgress,
        _: &Cancel,
    ) -> Result<Deployed, Fault> {
        let why = format!("`{}` cannot be deployed by this command", job.node);
        Err(Fault::new(FaultKind::Usage, why).hint("`orch run` and `orch deploy` do it"))
    }
}
