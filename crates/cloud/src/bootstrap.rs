//! What an account needs before its first lab, and keeps after its last: the bucket of all states, the
//! boundary of all roles, the bucket of evidence.
//!
//! Their own state lies on the machine that made them. Another machine takes them over into a state of its
//! own by their names, which follow from account and region.

use std::path::PathBuf;

use rlab_aws::account::Account;
use rlab_aws::intent::Intent;
use rlab_aws::terraform::Stop;
use rlab_lab::LabDir;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::existing::{Existing, adopting};
use crate::ground::Ground;
use crate::record::{Paths, Record};
use crate::roots::{self, State};
use crate::run;

/// The root that makes the bucket of states and the roles' boundary.
pub(crate) const STATES: &str = "bootstrap";
/// The root that makes the bucket of evidence.
const EVIDENCE: &str = "evidence";

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
                bucket_arn: format!("arn:{partition}:s3:::{}", record.evidence_bucket()),
                key_arn: key.clone(),
            },
            state_key_arn: key,
        }
    }
}

/// What an earlier lab laid, on whatever machine; `None` when there is no bucket of states. Makes nothing.
///
/// # Errors
/// When AWS refuses or does not answer.
pub(crate) async fn find(
    record: &Record,
    account: &Account,
) -> Result<Option<Foundation>, CloudError> {
    let account = account.step("looking for the bucket of states");
    if account
        .state_bucket(&record.state_bucket())
        .await?
        .is_none()
    {
        return Ok(None);
    }
    let mut found = Foundation::supposed(record);
    let key = |bucket: String| format!("alias/{bucket}");
    if let Some(arn) = account.key_behind(&key(record.state_bucket())).await? {
        found.state_key_arn = arn;
    }
    if let Some(arn) = account.key_behind(&key(record.evidence_bucket())).await? {
        found.evidence.key_arn = arn;
    }
    Ok(Some(found))
}

/// Makes what is missing, and takes over what another machine made.
///
/// # Errors
/// As terraform fails.
pub async fn lay(
    record: &Record,
    ground: &Ground,
    account: &Account,
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
        account,
        dir,
        root,
    };
    let (states, evidence) = (of(STATES), of(EVIDENCE));
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
    account: &'a Account,
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

    /// The bucket that the root makes.
    fn bucket(&self) -> String {
        match self.root {
            STATES => self.record.state_bucket(),
            _ => self.record.evidence_bucket(),
        }
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
        let shared = Existing::find(self.account, self.bucket()).await?;
        let owner = shared.as_ref().and_then(|shared| shared.owner.as_ref());
        let Value::Object(variables) = json!({
            "owner": owner.unwrap_or(&self.record.owner),
            "region": self.record.region,
            "account_id": self.record.account,
            "rehearsal": self.record.is_rehearsed(),
        }) else {
            unreachable!("an object was written")
        };
        workdir.set_variables(&variables, &[]).map_err(&at)?;
        workdir.init(&|_| {}, stop).await.map_err(&at)?;
        let known = workdir.resources(stop).await.map_err(&at)?;
        let there = match &shared {
            Some(shared) => shared.unknown_to(self.root, &known, self.record),
            None => Vec::new(),
        };
        let plan = adopting(&workdir, there, stop).await.map_err(&at)?;
        if plan.differs {
            let (account, region) = (&self.record.account, &self.record.region);
            let intent = Intent::new(self.root, account, region, &root, jiff::Timestamp::MAX);
            let intent = intent.record(workdir.dir())?;
            let pace = self.ground.pace();
            run::apply(pace, &workdir, &plan, &intent, on, stop)
                .await
                .map_err(&at)?;
        }
        workdir.adopt(&[]).map_err(&at)?;
        workdir.outputs(stop).await.map_err(at)
    }
}
