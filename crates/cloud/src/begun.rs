//! What AWS was making when a terraform was killed: waited for, so that it can be taken over.

use std::collections::BTreeMap;
use std::slice;
use std::time::{Duration, Instant};

use rlab_aws::account::{Account, Making, Progress};
use rlab_aws::terraform::{Begun, Stop, Workdir};

use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::survey;

/// Longest that AWS works on one resource: an MSK cluster takes up to 40 min, by rlab-aws' data/durations.toml, and
/// half as much again.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// What it is done for, as errors name it.
const STEP: &str = "looking for what an earlier run began";
/// Between two questions.
const PACE: Duration = Duration::from_secs(5);

/// The ids, by address, of what an earlier run began and AWS has made by now. What AWS gave up is removed, so
/// that it can be made anew.
///
/// # Errors
/// When AWS cannot be asked, is not done in time, or keeps what it gave up.
pub(crate) async fn settled(
    lab: &str,
    account: &Account,
    workdir: &Workdir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<BTreeMap<String, String>, CloudError> {
    let account = account.step(STEP);
    let mut ids = BTreeMap::new();
    for begun in begun(workdir, stop).await? {
        let settled = tokio::select! {
            settled = one(lab, &account, &begun, on) => settled?,
            () = stop.gently() => return Err(CloudError::Aborted("what AWS was making goes on being made")),
        };
        if let Some(made) = settled {
            ids.insert(begun.address, made.id);
        }
    }
    Ok(ids)
}

/// The ids, by address, of what an earlier run began and is there now, whatever AWS still does with it. Nothing is
/// waited for, and nothing is removed.
///
/// # Errors
/// When the state cannot be read or AWS cannot be asked.
pub(crate) async fn seen(
    lab: &str,
    account: &Account,
    workdir: &Workdir,
    stop: &Stop,
) -> Result<BTreeMap<String, String>, CloudError> {
    let account = account.step(STEP);
    let mut ids = BTreeMap::new();
    for begun in begun(workdir, stop).await? {
        let made = account.making(lab, &begun.kind, &begun.name).await?;
        let made = made.filter(|made| !matches!(made.progress, Progress::Failed(_)));
        ids.extend(made.map(|made| (begun.address, made.id)));
    }
    Ok(ids)
}

async fn begun(workdir: &Workdir, stop: &Stop) -> Result<Vec<Begun>, CloudError> {
    let at = CloudError::at("reading the state");
    workdir.begun(stop).await.map_err(at)
}

async fn one(
    lab: &str,
    account: &Account,
    begun: &Begun,
    on: OnCloud<'_>,
) -> Result<Option<Making>, CloudError> {
    let since = Instant::now();
    loop {
        let Some(made) = account.making(lab, &begun.kind, &begun.name).await? else {
            return Ok(None);
        };
        match &made.progress {
            Progress::Ready => return Ok(Some(made)),
            Progress::Failed(word) => {
                on(CloudEvent::Note(format!(
                    "{} was begun by an earlier run and is {word}; removing it, to make it anew",
                    begun.address
                )));
                // A part of something else goes with what it is a part of.
                let Some(found) = &made.found else {
                    return Ok(None);
                };
                let cleared = account.remove(lab, slice::from_ref(found), &|_| {});
                let left = cleared.await?.left;
                return match left.into_iter().find(|left| left.found == *found) {
                    Some(left) => Err(CloudError::Residual(vec![survey::words(&left)])),
                    None => Ok(None),
                };
            }
            Progress::Working(word) if since.elapsed() > LIMIT => {
                return Err(CloudError::StillMaking {
                    what: begun.address.clone(),
                    word: word.clone(),
                    waited: since.elapsed(),
                });
            }
            Progress::Working(_) => on(CloudEvent::Working {
                done: 0,
                of: 0,
                waiting_for: vec![begun.address.clone()],
                elapsed: since.elapsed(),
                left: None,
            }),
        }
        tokio::time::sleep(PACE).await;
    }
}
