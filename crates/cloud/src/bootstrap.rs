//! What an account needs before its first lab, and keeps after its last: the bucket of all states, the
//! boundary of all roles, the bucket of evidence.

use std::path::PathBuf;

use rlab_aws::intent::Intent;
use rlab_aws::terraform::Stop;
use rlab_lab::LabDir;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::ground::Ground;
use crate::record::{Paths, Record};
use crate::roots::{self, State};
use crate::run;

/// What outlives labs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foundation {
    /// ARN of the key that every state is encrypted with.
    pub state_key_arn: String,
    /// Where runners store evidence.
    pub evidence: EvidenceStore,
}

/// The bucket of evidence, as a lab's root wants to be told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceStore {
    /// ARN of the bucket.
    pub bucket_arn: String,
    /// ARN of its key.
    pub key_arn: String,
}

#[derive(Deserialize)]
struct Bootstrapped {
    backend: BackendOutput,
}

#[derive(Deserialize)]
struct BackendOutput {
    kms_key_id: String,
}

#[derive(Deserialize)]
struct Stored {
    evidence: EvidenceStore,
}

impl Foundation {
    /// What would be there: names and shapes of ARNs, for a plan that makes nothing.
    pub(crate) fn supposed(record: &Record) -> Self {
        let Record {
            partition,
            region,
            account,
            ..
        } = record;
        let key = "00000000-0000-0000-0000-000000000000";
        let key = format!("arn:{partition}:kms:{region}:{account}:key/{key}");
        Self {
            evidence: EvidenceStore {
                bucket_arn: format!("arn:{partition}:s3:::rlab-evidence-{account}-{region}"),
                key_arn: key.clone(),
            },
            state_key_arn: key,
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
        "what outlives the lab: buckets of states and evidence, the roles' boundary",
    ));
    let of = |root| Shared {
        record,
        ground,
        dir,
        root,
    };
    let (states, evidence) = (of("bootstrap"), of("evidence"));
    let (states, evidence) = tokio::try_join!(
        states.make::<Bootstrapped>(on, stop),
        evidence.make::<Stored>(on, stop)
    )?;
    Ok(Foundation {
        state_key_arn: states.backend.kms_key_id,
        evidence: evidence.evidence,
    })
}

/// A root that all labs of an account and region share.
struct Shared<'a> {
    record: &'a Record,
    ground: &'a Ground,
    dir: &'a LabDir,
    root: &'static str,
}

impl Shared<'_> {
    /// Where its state lies. It outlives labs, so it belongs to none; a rehearsed account is gone with
    /// its lab.
    fn home(&self) -> PathBuf {
        if self.record.is_rehearsed() {
            return Paths::of(self.dir).work(self.root);
        }
        let home = self.dir.path().ancestors().nth(2);
        let account = format!("{}-{}", self.record.account, self.record.region);
        let home = home.unwrap_or(self.dir.path()).join("accounts");
        home.join(account).join(self.root)
    }

    async fn make<T: DeserializeOwned>(
        &self,
        on: OnCloud<'_>,
        stop: &Stop,
    ) -> Result<T, CloudError> {
        let at = CloudError::at("making what outlives the lab");
        let work = self.home();
        let root = roots::lay_out(&work.join("terraform"), self.root, State::Local)?;
        let mut workdir = self.ground.local_workdir(&root, &work).await?;
        if workdir.found().map_err(&at)?.running.is_some() {
            run::follow(&workdir, on, stop).await.map_err(&at)?;
        }
        let Value::Object(variables) = json!({
            "owner": self.record.owner,
            "region": self.record.region,
            "account_id": self.record.account,
            "rehearsal": self.record.is_rehearsed(),
        }) else {
            unreachable!("an object was written")
        };
        workdir.set_variables(&variables, &[]).map_err(&at)?;
        workdir.init(&|_| {}, stop).await.map_err(&at)?;
        let plan = workdir.plan(&|_| {}, stop).await.map_err(&at)?;
        if plan.differs {
            let (account, region) = (&self.record.account, &self.record.region);
            let intent = Intent::new(self.root, account, region, &root, jiff::Timestamp::MAX);
            let intent = intent.record(workdir.dir())?;
            let pace = self.ground.pace();
            run::apply(pace, &workdir, &plan, &intent, on, stop)
                .await
                .map_err(&at)?;
        }
        workdir.outputs(stop).await.map_err(at)
    }
}
