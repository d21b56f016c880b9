//! What a lab within a task knows of the AWS around it: enough to have its servers fail over.

use std::sync::Arc;

use rlab_aws::account::{Account, Journal};
use rlab_drill::Control;
use rlab_lab::{LabDir, files};
use serde::{Deserialize, Serialize};

use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::failover::Asking;
use crate::in_vpc::place;
use crate::record::Paths;
use crate::run::Pace;

/// The root that made the servers, and where its API is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    /// Region.
    pub region: String,
    /// Whether the API is rehearsed.
    pub rehearsed: bool,
    /// What the root made.
    pub deployed: Deployed,
}

impl Beside {
    /// What is known of the AWS around the lab in `dir`; none where it is in no task.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn find(dir: &LabDir) -> Result<Option<Self>, CloudError> {
        let path = Paths::of(dir).beside();
        match path.exists() {
            true => Ok(Some(files::read_json(&path)?)),
            false => Ok(None),
        }
    }

    /// Writes it down for the lab in `dir`.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn save(&self, dir: &LabDir) -> Result<(), CloudError> {
        let paths = Paths::of(dir);
        files::make_private_dir(paths.all())?;
        files::write_json(&paths.beside(), self, files::OWNER_ONLY)?;
        Ok(())
    }

    /// AWS, asked for failovers by the task itself.
    ///
    /// # Errors
    /// When the task has no credentials, or AWS does not answer.
    pub async fn control(self, dir: &LabDir) -> Result<Arc<dyn Control>, CloudError> {
        let journal = Journal::open(&Paths::of(dir).journal())?;
        let account = Account::connect(place(&self.region), journal).await?;
        let pace = match self.rehearsed {
            true => Pace::Unknown,
            false => Pace::Aws,
        };
        let account = account.step("failing over");
        Ok(Arc::new(Asking::of_theirs(account, self.deployed, pace)))
    }
}
