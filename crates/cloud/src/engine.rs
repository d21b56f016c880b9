//! One lab's root in Terraform's hands: made ready, healed after an interruption, planned.

use std::collections::BTreeMap;

use rlab_aws::account::Account;
use rlab_aws::price::{Estimate, Prices, estimate};
use rlab_aws::terraform::{Cause, Orphan, Plan, Stop, TerraformError, Workdir, not_there};
use rlab_lab::LabDir;
use serde_json::{Map, Value, json};

use crate::begun;
use crate::bootstrap::Foundation;
use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::images::{self, Images};
use crate::record::Record;
use crate::run;

/// Opens the lab's root: whoever still works on it is waited for, then it is made ready.
///
/// # Errors
/// As terraform fails.
pub(crate) async fn open(
    record: &Record,
    ground: &Ground,
    foundation: &Foundation,
    dir: &LabDir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Workdir, CloudError> {
    let workdir = ground.workdir(record, dir, foundation).await?;
    let at = CloudError::at("opening the lab's root");
    if workdir.found().map_err(&at)?.running.is_some() {
        on(CloudEvent::Note(
            "an earlier command's terraform still works; waiting for it".into(),
        ));
        run::follow(&workdir, on, stop).await.map_err(&at)?;
    }
    on(CloudEvent::Step("providers and state"));
    workdir.init(&|_| {}, stop).await.map_err(&at)?;
    Ok(workdir)
}

/// Tells the root what is wanted.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn want(
    workdir: &mut Workdir,
    record: &Record,
    ground: &Ground,
    foundation: &Foundation,
    images: &Images,
) -> Result<(), CloudError> {
    let images = (&images.digests, images.architecture);
    write(workdir, variables(record, ground, foundation, images))
}

/// Tells the root what will do to take everything down, where nobody here ever told it what was wanted.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn want_nothing(
    workdir: &mut Workdir,
    record: &Record,
    ground: &Ground,
    foundation: &Foundation,
) -> Result<(), CloudError> {
    let images = (&images::supposed(), "X86_64");
    match workdir.has_variables() {
        true => Ok(()),
        false => write(workdir, variables(record, ground, foundation, images)),
    }
}

fn write(workdir: &mut Workdir, variables: Map<String, Value>) -> Result<(), CloudError> {
    let at = CloudError::at("writing the root's variables");
    workdir.set_variables(&variables, &[]).map_err(at)
}

fn variables(
    record: &Record,
    ground: &Ground,
    foundation: &Foundation,
    (digests, architecture): (&BTreeMap<String, String>, &str),
) -> Map<String, Value> {
    let budget = &record.profile.budget;
    let mut all: Map<String, Value> = record.profile.variables.clone().into_iter().collect();
    let ours = json!({
        "lab": record.lab,
        "owner": record.owner,
        "expiry": record.expiry.to_string(),
        "region": record.region,
        "account_id": record.account,
        "permissions_boundary_arn": record.boundary_arn(),
        "budget_usd_per_hour": budget.usd_per_hour,
        "budget_usd_per_month": budget.usd_per_month,
        "budget_emails": budget.emails,
        "evidence": foundation.evidence,
        "image_digests": digests,
        "cpu_architecture": architecture,
        "rehearsal": record.is_rehearsed(),
    });
    if let Value::Object(ours) = ours {
        all.extend(ours);
    }
    if let Some(rehearsed) = ground.rehearsed() {
        // The cache's port is asked for when it is made, so it has to be the one that answers.
        let redis = all.entry("redis").or_insert_with(|| json!({}));
        redis["port"] = rehearsed.redis_port.into();
        redis["nodes"] = rehearsed.redis_nodes.into();
    }
    all
}

/// Plans. A lock that a dead terraform of this very directory left is broken first, and what it made
/// without telling is taken over.
///
/// # Errors
/// As terraform fails; a lock that somebody else holds is one of the causes.
pub(crate) async fn plan(
    lab: &str,
    account: &Account,
    workdir: &Workdir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Plan, CloudError> {
    on(CloudEvent::Step("the plan"));
    let at = CloudError::at("planning");
    let mut orphans = orphans(lab, account, workdir, on, stop).await?;
    let mut unlocked = false;
    loop {
        workdir.adopt(&orphans).map_err(&at)?;
        let error = match workdir.plan(&|_| {}, stop).await {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        let absent = not_there(&error, &orphans);
        if !absent.is_empty() {
            orphans.retain(|orphan| !absent.contains(orphan));
        } else if unlocked {
            return Err(at(error));
        } else {
            unlock(workdir, "planning", error, on, stop).await?;
            unlocked = true;
        }
    }
}

/// Plans without changing anything, be it a lock, the state or AWS; what earlier runs made without telling
/// counts as there.
///
/// # Errors
/// As terraform fails, or as [`begun::seen`].
pub(crate) async fn look(
    lab: &str,
    account: &Account,
    workdir: &mut Workdir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Plan, CloudError> {
    on(CloudEvent::Step("the plan"));
    workdir.look_only();
    let at = CloudError::at("planning");
    let begun = begun::seen(lab, account, workdir, stop).await?;
    let mut orphans = workdir.orphans(&begun, stop).await.map_err(&at)?;
    loop {
        workdir.adopt(&orphans).map_err(&at)?;
        let error = match workdir.plan(&|_| {}, stop).await {
            Ok(plan) => return Ok(plan),
            Err(error) => error,
        };
        let absent = not_there(&error, &orphans);
        if absent.is_empty() {
            return Err(at(error));
        }
        orphans.retain(|orphan| !absent.contains(orphan));
    }
}

/// What earlier runs made and the state does not know, once AWS is done with it.
///
/// # Errors
/// When the state cannot be read, or as [`begun::settled`].
pub(crate) async fn orphans(
    lab: &str,
    account: &Account,
    workdir: &Workdir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Vec<Orphan>, CloudError> {
    let begun = begun::settled(lab, account, workdir, on, stop).await?;
    let found = workdir
        .orphans(&begun, stop)
        .await
        .map_err(CloudError::at("reading the state"))?;
    if !found.is_empty() {
        let count = found.len();
        on(CloudEvent::Note(format!(
            "an earlier run made {count} resources without telling its state; taking them over"
        )));
    }
    Ok(found)
}

/// Breaks the lock that `error` speaks of, where its holder is known to be dead; gives the error
/// back otherwise.
///
/// # Errors
/// `error` itself.
pub(crate) async fn unlock(
    workdir: &Workdir,
    step: &'static str,
    error: TerraformError,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<(), CloudError> {
    let TerraformError::Failed(failed) = &error else {
        return Err(CloudError::at(step)(error));
    };
    let locks = failed.failures.iter().filter_map(|f| match &f.cause {
        Cause::Locked(lock) => lock.as_ref(),
        _ => None,
    });
    let ours = locks
        .filter(|lock| workdir.began(lock))
        .map(|lock| lock.id.clone())
        .next();
    let Some(id) = ours else {
        return Err(CloudError::at(step)(error));
    };
    on(CloudEvent::Note(format!(
        "breaking the lock {id} of a terraform that died here"
    )));
    let at = CloudError::at("breaking a lock");
    workdir.force_unlock(&id, stop).await.map_err(at)
}

/// What the lab costs per hour once `plan` is carried out.
pub(crate) fn cost(record: &Record, plan: &Plan) -> Estimate {
    estimate(&plan.raw, &record.region, &Prices::built_in())
}
