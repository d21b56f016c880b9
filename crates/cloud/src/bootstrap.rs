//! What an account needs before its first lab: the bucket of all states, and the boundary of all roles.

use std::path::PathBuf;

use rlab_aws::intent::Intent;
use rlab_aws::terraform::Stop;
use rlab_lab::LabDir;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::record::{Paths, Record};
use crate::roots::{self, State};
use crate::run;

const ROOT: &str = "bootstrap";

/// What the root `bootstrap` made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foundation {
    /// ARN of the key that every state is encrypted with.
    pub state_key_arn: String,
}

#[derive(Deserialize)]
struct Outputs {
    backend: BackendOutput,
}

#[derive(Deserialize)]
struct BackendOutput {
    kms_key_id: String,
}

/// Where its own state lies. It outlives labs, so it belongs to none; a rehearsed account is gone
/// with its lab.
fn home(record: &Record, dir: &LabDir) -> PathBuf {
    match record.is_rehearsed() {
        true => Paths::of(dir).work(ROOT),
        false => {
            let home = dir.path().ancestors().nth(2).unwrap_or(dir.path());
            let account = format!("{}-{}", record.account, record.region);
            home.join("accounts").join(account).join(ROOT)
        }
    }
}

/// Makes what is missing.
///
/// # Errors
/// As terraform fails.
pub async fn lay(
    record: &Record,
    ground: &Ground,
    dir: &LabDir,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<Foundation, CloudError> {
    on(CloudEvent::Step(
        "the account's state bucket and role boundary",
    ));
    let at = CloudError::at("making the account's state bucket");
    let work = home(record, dir);
    let root = roots::lay_out(&work.join("terraform"), ROOT, State::Local)?;
    let mut workdir = ground.local_workdir(&root, &work).await?;
    let Value::Object(variables) = json!({
        "owner": record.owner,
        "region": record.region,
        "account_id": record.account,
        "rehearsal": record.is_rehearsed(),
    }) else {
        unreachable!("an object was written")
    };
    workdir.set_variables(&variables, &[]).map_err(&at)?;
    workdir.init(&|_| {}, stop).await.map_err(&at)?;
    let plan = workdir.plan(&|_| {}, stop).await.map_err(&at)?;
    if plan.differs {
        let expires = jiff::Timestamp::MAX;
        let intent = Intent::new(ROOT, &record.account, &record.region, &root, expires);
        let intent = intent.record(workdir.dir())?;
        run::apply(ground.pace(), &workdir, &plan, &intent, on, stop)
            .await
            .map_err(&at)?;
    }
    let outputs: Outputs = workdir.outputs(stop).await.map_err(&at)?;
    Ok(Foundation {
        state_key_arn: outputs.backend.kms_key_id,
    })
}
