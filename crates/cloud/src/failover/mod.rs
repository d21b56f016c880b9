//! Failovers of a lab with a Terraform root: asked of AWS's API, and proven by what AWS tells of them.

mod broker;
mod cache;
mod database;
mod guard;
mod limits;
mod operator;
mod told;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rlab_aws::account::{Account, Failovers};
use rlab_drill::{Control, ControlError, FailedOver, Loss, Operator};
use rlab_lab::LabDir;
use rlab_lab::client::LabClient;
use rlab_runbook::{Failover, Resolved, Step};

use crate::beside::Beside;
use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::ground::Ground;
use crate::record::Record;
use crate::run::Pace;

use limits::Limits;

/// AWS, asked for failovers of one lab.
#[derive(Debug)]
pub(crate) struct Asking {
    account: Account,
    deployed: Deployed,
    facts: &'static Failovers,
    limits: Limits,
    /// Whether AWS tells where the servers stand; otherwise they are processes of this machine, which tell that
    /// themselves.
    tells: bool,
}

/// Who carries out the failovers of `drill` on the lab in `dir`; `None` where that is not AWS: the lab
/// has no Terraform root, or the drill no failovers.
///
/// # Errors
/// When the lab is not up, or AWS cannot be asked.
pub async fn control(
    dir: &LabDir,
    drill: &Resolved,
) -> Result<Option<Arc<dyn Control>>, CloudError> {
    let Some(record) = Record::find(dir)? else {
        return match Beside::find(dir)?.filter(|_| fails_over(drill)) {
            Some(beside) => beside.control(dir).await.map(Some),
            None => Ok(None),
        };
    };
    if !fails_over(drill) {
        return Ok(None);
    }
    // Says that the lab is not up, where the API would only be silent.
    LabClient::connect(dir).await?;
    let deployed = Deployed::noted(&record, dir)?;
    let ground = Ground::of(&record, dir)?;
    let account = ground.account(&record, dir).await?.step("failing over");
    Ok(Some(Arc::new(Asking {
        tells: false,
        ..Asking::of_theirs(account, deployed, ground.pace())
    })))
}

fn fails_over(drill: &Resolved) -> bool {
    let mut steps = drill.phases.iter().flat_map(|phase| &phase.steps);
    steps.any(|step| matches!(step, Step::Failover(_)))
}

/// Whether AWS has a call for each step of `drill`, which is to run beside the servers of the lab in `dir`.
///
/// # Errors
/// [`CloudError::NoCall`] with the steps that it has none for.
pub fn fits_vpc(dir: &LabDir, drill: &Resolved) -> Result<(), CloudError> {
    let steps = drill.phases.iter().flat_map(|phase| &phase.steps);
    let without_call = steps.filter(|step| step.permissions().is_none());
    let without_call: Vec<String> = without_call.map(Step::describe).collect();
    match without_call.is_empty() {
        true => Ok(()),
        false => Err(CloudError::NoCall {
            lab: dir.name().to_owned(),
            drill: drill.id.clone(),
            steps: without_call,
        }),
    }
}

impl Asking {
    /// Of servers that are AWS's alone to tell of.
    pub(crate) fn of_theirs(account: Account, deployed: Deployed, pace: Pace) -> Self {
        Self {
            account,
            deployed,
            facts: Failovers::built_in(),
            limits: Limits::of(pace),
            tells: true,
        }
    }

    async fn allowed(&self, wanted: &[Failover]) -> Result<(), ControlError> {
        let times = |of: Failover| wanted.iter().filter(|wanted| **wanted == of).count();
        if times(Failover::Mysql) > 0 {
            self.database_is_ready().await?;
        }
        let caches = times(Failover::Redis);
        if caches > 0 {
            self.cache_is_ready(caches).await?;
        }
        if times(Failover::BrokerInZoneOfOldPrimary) > 0 {
            self.brokers_are_ready().await?;
        }
        self.nothing_rings().await
    }

    /// None of the lab's own alarms rings, which would stop an experiment of AWS's too.
    async fn nothing_rings(&self) -> Result<(), ControlError> {
        let names = self.deployed.alarm_arns.values();
        let names: Vec<String> = names
            .map(|arn| arn.rsplit(':').next().unwrap_or(arn).to_owned())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let alarms = self.account.alarms(&names).await;
        guard::alarms(&names, &alarms.map_err(told::unasked)?)
    }
}

impl Control for Asking {
    fn allows<'a>(&'a self, wanted: &'a [Failover]) -> BoxFuture<'a, Result<(), ControlError>> {
        self.allowed(wanted).boxed()
    }

    fn fail_over(&self, loss: Loss) -> BoxFuture<'_, Result<FailedOver, ControlError>> {
        async move {
            match loss {
                Loss::Mysql => self.fail_database_over().await,
                Loss::Redis => self.fail_cache_over().await,
                Loss::Broker { id } => self.reboot_broker(id).await,
            }
        }
        .boxed()
    }

    fn longest(&self, of: Failover) -> Duration {
        self.limits.asking
            + match of {
                Failover::Mysql => self.limits.database,
                Failover::Redis => self.limits.cache,
                Failover::BrokerInZoneOfOldPrimary => self.limits.broker,
            }
    }

    fn operator(&self) -> Option<&dyn Operator> {
        self.tells.then_some(self as &dyn Operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drill(id: &str) -> Resolved {
        rlab_runbook::find(id).unwrap().resolve(&[]).unwrap()
    }

    #[test]
    fn a_drill_with_a_step_that_aws_has_no_call_for_is_refused_by_that_step() {
        let home = tempfile::tempdir().unwrap();
        let dir = rlab_lab::LabHome::at(home.path()).lab("mine").unwrap();
        let refused = fits_vpc(&dir, &drill("E-046")).unwrap_err().to_string();
        assert!(refused.contains("connections.cut kafka"), "{refused}");
        fits_vpc(&dir, &drill("E-045")).unwrap();
    }

    #[tokio::test]
    async fn a_lab_without_a_record_is_left_to_its_supervisor() {
        let home = tempfile::tempdir().unwrap();
        let dir = rlab_lab::LabHome::at(home.path()).lab("local").unwrap();
        let control = control(&dir, &drill("E-045")).await.unwrap();
        assert!(control.is_none());
    }
}
