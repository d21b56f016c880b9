//! `down`: by the state, then a look for what no state knows of.

use rlab_aws::account::State;
use rlab_aws::intent::Intent;
use rlab_aws::terraform::{Orphan, Stop, Workdir, not_there};
use rlab_lab::layout::API;
use rlab_lab::{LabDir, processes};
use schemars::JsonSchema;
use serde::Serialize;

use crate::bootstrap;
use crate::engine;
use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::record::{Paths, Record};
use crate::{run, up};

/// What `down` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloudDown {
    /// Always `rlab/cloud-down/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Resources that were removed.
    pub removed: u64,
    /// What AWS removes later by itself, each with when.
    pub scheduled: Vec<String>,
    /// What carried the lab's tag a moment ago, and could not be asked whether it is gone.
    pub unknown: Vec<String>,
    /// Whether the account itself is gone, being a rehearsed one.
    pub account_gone: bool,
}

/// Removes everything of the lab in `dir` from AWS, and its record once nothing is left.
///
/// # Errors
/// Any [`CloudError`]; [`CloudError::Residual`] with what is still there.
pub async fn down(dir: &LabDir, on: OnCloud<'_>, stop: &Stop) -> Result<CloudDown, CloudError> {
    let record = Record::load(dir)?;
    let account_gone = record.is_rehearsed() && !account_lives(dir);
    let never_planned = !Paths::of(dir)
        .work(record.profile.root.directory())
        .exists();
    let mut left = Left::default();
    let removed = match account_gone || never_planned {
        true => 0,
        false => {
            let removed = destroy(&record, dir, on, stop).await?;
            left = look(&record, dir, on).await?;
            removed
        }
    };
    if !left.there.is_empty() {
        return Err(CloudError::Residual(left.there));
    }
    forget(dir)?;
    Ok(CloudDown {
        schema: "rlab/cloud-down/v1",
        lab: record.lab,
        removed,
        scheduled: left.scheduled,
        unknown: left.unknown,
        account_gone,
    })
}

/// What still carries the lab's tag.
#[derive(Default)]
struct Left {
    there: Vec<String>,
    scheduled: Vec<String>,
    unknown: Vec<String>,
}

/// Looks for what no state knows of, by the tag that everything of the lab carries.
async fn look(record: &Record, dir: &LabDir, on: OnCloud<'_>) -> Result<Left, CloudError> {
    on(CloudEvent::Step("looking for what is left"));
    let account = Ground::of(record, dir)?.account(record, dir).await?;
    let account = account.step("looking for what is left");
    let found = account.tagged(&record.lab).await?;
    let mut left = Left::default();
    for residual in account.still_there(found).await {
        let arn = residual.found.arn;
        match residual.state {
            State::There { .. } => left.there.push(arn),
            State::Scheduled { what, until } => {
                let when = until.map_or(String::new(), |at| format!(" at {at}"));
                left.scheduled.push(format!("{arn}: {what}{when}"));
            }
            State::Unknown { why } => left.unknown.push(format!("{arn}: {why}")),
            State::Gone => {}
        }
    }
    Ok(left)
}

/// Whether the process that plays the account still runs: with it goes all that was made in it.
fn account_lives(dir: &LabDir) -> bool {
    processes::of_lab(dir.path())
        .iter()
        .any(|found| found.node == API)
}

async fn destroy(
    record: &Record,
    dir: &LabDir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<u64, CloudError> {
    if let Some(rehearsal) = &record.profile.rehearsal {
        // Whoever is asked to let go has to be there.
        up::servers(record, rehearsal, dir, on).await?;
    }
    let ground = Ground::of(record, dir)?;
    let foundation = bootstrap::lay(record, &ground, dir, on, stop).await?;
    let workdir = engine::open(record, &ground, &foundation, dir, on, stop).await?;
    let orphans = engine::orphans(&workdir, on, stop).await?;
    take_in(&workdir, orphans, on, stop).await?;
    on(CloudEvent::Step("taking the lab down"));
    let at = CloudError::at("taking the lab down");
    let destroyed = match run::destroy(ground.pace(), &workdir, on, stop).await {
        Err(error) => {
            engine::unlock(&workdir, "taking the lab down", error, on, stop).await?;
            run::destroy(ground.pace(), &workdir, on, stop).await
        }
        destroyed => destroyed,
    };
    let destroyed = destroyed.map_err(&at)?;
    if let Some(intent) = Intent::find(workdir.dir()).map_err(&at)? {
        intent
            .record(workdir.dir())?
            .remove(&destroyed)
            .map_err(&at)?;
    }
    Ok(destroyed.summary.remove)
}

/// Brings what no state knows of into the state, so that it is destroyed with the rest.
async fn take_in(
    workdir: &Workdir,
    mut orphans: Vec<Orphan>,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<(), CloudError> {
    let at = CloudError::at("taking over what an earlier run made");
    while !orphans.is_empty() {
        workdir.adopt(&orphans).map_err(&at)?;
        match workdir.take_in(&orphans, &|_| {}, stop).await {
            Ok(()) => break,
            Err(error) => {
                let absent = not_there(&error, &orphans);
                if absent.is_empty() {
                    engine::unlock(
                        workdir,
                        "taking over what an earlier run made",
                        error,
                        on,
                        stop,
                    )
                    .await?;
                }
                orphans.retain(|orphan| !absent.contains(orphan));
            }
        }
    }
    workdir.adopt(&[]).map_err(&at)
}

/// Nothing is left in AWS: what speaks of it goes too. The journal stays with the lab's directory.
fn forget(dir: &LabDir) -> Result<(), CloudError> {
    let paths = Paths::of(dir);
    for path in [paths.roots(), paths.images(), paths.work("")] {
        match std::fs::remove_dir_all(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(CloudError::io(&path, e));
            }
            _ => {}
        }
    }
    let record = paths.record();
    std::fs::remove_file(&record).map_err(|e| CloudError::io(&record, e))
}
