//! `down`: by the state, then by the tag what no state knows of.

use std::time::Instant;

use rlab_aws::account::{Account, Removing, State};
use rlab_aws::intent::Intent;
use rlab_aws::terraform::{Orphan, Stop, Workdir, not_there};
use rlab_lab::LabDir;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bootstrap::{self, Foundation};
use crate::engine;
use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::record::{Paths, Record};
use crate::survey::{self, Surveyed};
use crate::{run, up};

/// What `down` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CloudDown {
    /// Always `rlab/cloud-down/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Resources that were removed by the state.
    pub removed: u64,
    /// Resources that no state knew of and were removed by the lab's tag.
    pub by_tag: usize,
    /// What AWS removes later by itself, each with when.
    pub scheduled: Vec<String>,
    /// What carried the lab's tag a moment ago, and could not be asked whether it is gone.
    pub unknown: Vec<String>,
    /// Whether the account itself is gone, being a rehearsed one.
    pub account_gone: bool,
}

/// Removes everything of a lab from AWS: by its state, then what carries its tag and was shown. Its record
/// goes once nothing is left.
///
/// # Errors
/// Any [`CloudError`]; [`CloudError::Residual`] with what is still there.
pub async fn down(
    dir: &LabDir,
    surveyed: &Surveyed,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<CloudDown, CloudError> {
    let record = &surveyed.record;
    // Whatever happens from here on, this machine can go on with it.
    record.save(dir)?;
    let mut done = CloudDown {
        schema: "rlab/cloud-down/v1",
        lab: record.lab.clone(),
        removed: 0,
        by_tag: 0,
        scheduled: Vec::new(),
        unknown: Vec::new(),
        account_gone: surveyed.told.is_none(),
    };
    if !done.account_gone {
        let ground = Ground::of(record, dir)?;
        let account = ground.account(record, dir).await?;
        done.removed = by_state(surveyed, &ground, &account, dir, on, stop).await?;
        by_tag(surveyed, &account, &mut done, on, stop).await?;
    }
    forget(dir)?;
    Ok(done)
}

/// Removes what no state knows of, and says what is left.
async fn by_tag(
    surveyed: &Surveyed,
    account: &Account,
    done: &mut CloudDown,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<(), CloudError> {
    on(CloudEvent::Step("looking for what is left"));
    let account = account.step("removing what is left");
    let since = Instant::now();
    let tell = |at: Removing| {
        on(CloudEvent::Working {
            done: at.done,
            of: at.of,
            waiting_for: at.waiting_for,
            elapsed: since.elapsed(),
            left: None,
        });
    };
    let cleared = tokio::select! {
        cleared = account.remove(&surveyed.record.lab, &surveyed.shown, &tell) => cleared?,
        () = stop.gently() => {
            return Err(CloudError::Aborted("what was asked to go goes on going; run down again"));
        }
    };
    done.by_tag = cleared.removed;
    let mut there = Vec::new();
    for left in &cleared.left {
        match left.state {
            State::There { .. } => there.push(survey::words(left)),
            State::Scheduled { .. } => done.scheduled.push(survey::words(left)),
            State::Unknown { .. } => done.unknown.push(survey::words(left)),
            State::Gone => {}
        }
    }
    match there.is_empty() {
        true => Ok(()),
        false => Err(CloudError::Residual(there)),
    }
}

/// Destroys what the state knows, and what a terraform that died here made without telling it. Nothing when
/// there is neither.
async fn by_state(
    surveyed: &Surveyed,
    ground: &Ground,
    account: &Account,
    dir: &LabDir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<u64, CloudError> {
    let record = &surveyed.record;
    let work = Paths::of(dir).work(record.profile.root.directory());
    if !surveyed.has_state && !work.exists() {
        return Ok(0);
    }
    match bootstrap::find(record, account).await? {
        Some(foundation) => destroy(record, ground, account, &foundation, dir, on, stop).await,
        // Without its bucket there is no state.
        None => Ok(0),
    }
}

async fn destroy(
    record: &Record,
    ground: &Ground,
    account: &Account,
    foundation: &Foundation,
    dir: &LabDir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<u64, CloudError> {
    if let Some(rehearsal) = &record.profile.rehearsal {
        // Whoever is asked to let go has to be there.
        up::servers(record, rehearsal, dir, on).await?;
    }
    let mut workdir = engine::open(record, ground, foundation, dir, on, stop).await?;
    engine::want_nothing(&mut workdir, record, ground, foundation)?;
    let orphans = engine::orphans(&record.lab, account, &workdir, on, stop).await?;
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
    let kept = [
        paths.roots(),
        paths.policies(),
        paths.images(),
        paths.work(""),
    ];
    for path in kept {
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
