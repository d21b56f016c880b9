//! What terraform is about to do.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::TerraformError;
use super::redact::Redactor;
use crate::progress::Graph;

/// A saved plan. Its file is removed when it is dropped.
pub struct Plan {
    /// Every resource that will be made, changed or removed.
    pub changes: Vec<Change>,
    /// `terraform show -json` of it, sensitive values and all: not for the eyes of people.
    pub raw: Value,
    /// Which resource waits for which.
    pub graph: Graph,
    /// The plan would change something, be it an output.
    pub differs: bool,
    pub(super) file: PlanFile,
    pub(super) redactor: Redactor,
}

/// One resource of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Full address.
    pub address: String,
    /// Type, such as `aws_msk_cluster`.
    pub kind: String,
    /// What will be done.
    pub action: Action,
}

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Made.
    Create,
    /// Changed in place.
    Update,
    /// Removed.
    Delete,
    /// Removed and made anew.
    Replace,
    /// Known under another address, taken over, or no longer managed; nothing changes in AWS.
    Bookkeeping,
}

/// The file of a plan, which holds secrets.
pub(super) struct PlanFile(pub PathBuf);

impl Drop for PlanFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Plan {
    pub(super) fn read(
        raw: Value,
        graph: Graph,
        differs: bool,
        file: PlanFile,
        mut redactor: Redactor,
    ) -> Result<Self, TerraformError> {
        redactor.learn_plan(&raw);
        Ok(Self {
            changes: changes(&raw)?,
            raw,
            graph,
            differs,
            file,
            redactor,
        })
    }

    /// As [`raw`](Self::raw), with every sensitive value masked.
    pub fn shown(&self) -> Value {
        let mut shown = self.raw.clone();
        self.redactor.value(&mut shown);
        shown
    }

    /// How many resources a kind of action concerns; a replacement is its own kind.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|c| c.action == action).count()
    }

    pub(super) fn path(&self) -> &Path {
        &self.file.0
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plan = f.debug_struct("Plan");
        plan.field("changes", &self.changes).finish_non_exhaustive()
    }
}

/// The changes in a plan's JSON; data sources and untouched resources are left out.
///
/// # Errors
/// When it is not of the format of terraform 1.
pub(crate) fn changes(raw: &Value) -> Result<Vec<Change>, TerraformError> {
    let format = raw["format_version"].as_str().unwrap_or("none");
    if !format.starts_with("1.") {
        let reason = format!("plan of format {format}, not 1.x");
        return Err(TerraformError::unreadable("show", reason));
    }
    let resources = raw["resource_changes"].as_array().into_iter().flatten();
    Ok(resources.filter_map(change).collect())
}

fn change(resource: &Value) -> Option<Change> {
    let words: Vec<&str> = resource["change"]["actions"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let action = match words.as_slice() {
        ["create"] => Action::Create,
        ["update"] => Action::Update,
        ["delete"] => Action::Delete,
        ["create", "delete"] | ["delete", "create"] => Action::Replace,
        ["forget"] => Action::Bookkeeping,
        _ if resource["previous_address"].is_string() => Action::Bookkeeping,
        _ => return None,
    };
    Some(Change {
        address: resource["address"].as_str()?.to_owned(),
        kind: resource["type"].as_str()?.to_owned(),
        action,
    })
}
