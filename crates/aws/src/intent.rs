//! What is about to exist, on disk before it exists: so that `down` knows what to look for whatever
//! happened in between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::files;
use crate::terraform::{Destroyed, TerraformError};

const FILE: &str = "intent.json";
const SCHEMA: &str = "rlab/aws-intent/v1";

/// What a lab on AWS is and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    schema: String,
    /// Name of the lab.
    pub lab: String,
    /// AWS account id.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// The terraform root.
    pub root: PathBuf,
    /// Tags that everything of the lab carries.
    pub tags: BTreeMap<String, String>,
    /// When it was begun.
    pub started_at: Timestamp,
    /// When it may be removed by whoever finds it.
    pub expires_at: Timestamp,
}

/// Proof that an intent is on disk: without it nothing can be applied.
#[derive(Debug)]
pub struct Recorded {
    path: PathBuf,
    intent: Intent,
}

/// Why an intent was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum IntentError {
    /// The directory holds the record of something else that may still exist.
    #[error("this lab was begun in account {}, region {}, by {}", .0.account, .0.region, .0.root.display())]
    Another(Box<Intent>),
    /// It could not be written or read.
    #[error(transparent)]
    Terraform(#[from] TerraformError),
}

impl IntentError {
    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Another(was) => Some(format!(
                "take that one down first (rlab-ops --lab {} down), or give this one another name",
                was.lab
            )),
            Self::Terraform(error) => error.hint(),
        }
    }
}

impl Intent {
    /// An intent that is not on record yet.
    pub fn new(lab: &str, account: &str, region: &str, root: &Path, expires_at: Timestamp) -> Self {
        Self {
            schema: SCHEMA.into(),
            lab: lab.into(),
            account: account.into(),
            region: region.into(),
            root: root.into(),
            tags: BTreeMap::new(),
            started_at: Timestamp::now(),
            expires_at,
        }
    }

    /// The record in `dir`; `None` when there is none.
    ///
    /// # Errors
    /// When it is there but cannot be read: something may exist that nobody knows of.
    pub fn find(dir: &Path) -> Result<Option<Self>, TerraformError> {
        let path = dir.join(FILE);
        match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(TerraformError::io(path, e)),
            Ok(bytes) => {
                let intent = serde_json::from_slice(&bytes);
                intent
                    .map(Some)
                    .map_err(|e| TerraformError::io(path, e.into()))
            }
        }
    }

    /// Puts it on record in `dir`, and returns when it survives a crash of the machine. Over a record of
    /// the same lab only tags and expiry change.
    ///
    /// # Errors
    /// [`IntentError::Another`] over the record of another account, region or root.
    pub fn record(mut self, dir: &Path) -> Result<Recorded, IntentError> {
        if let Some(was) = Self::find(dir)? {
            let place = |i: &Self| {
                (
                    i.lab.clone(),
                    i.account.clone(),
                    i.region.clone(),
                    i.root.clone(),
                )
            };
            if place(&was) != place(&self) {
                return Err(IntentError::Another(Box::new(was)));
            }
            self.started_at = was.started_at;
        }
        let path = dir.join(FILE);
        let io = |e| TerraformError::io(&path, e);
        let bytes = serde_json::to_vec_pretty(&self).map_err(|e| io(e.into()))?;
        files::write_durably(&path, &bytes).map_err(io)?;
        Ok(Recorded { path, intent: self })
    }
}

impl Recorded {
    /// What is on record.
    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Whether it is the record of the lab in `dir`.
    pub(crate) fn is_in(&self, dir: &Path) -> bool {
        let ours = self.path.parent().and_then(|p| p.canonicalize().ok());
        ours.as_deref() == Some(dir) && self.path.exists()
    }

    /// Removes the record, now that nothing is left.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn remove(self, _nothing_left: &Destroyed) -> Result<(), TerraformError> {
        files::remove_durably(&self.path).map_err(|e| TerraformError::io(&self.path, e))
    }
}
