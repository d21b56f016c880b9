//! Who holds the state, told by terraform's lock, and whether that is a living process.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A lock on a state, as terraform writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"))]
pub struct LockInfo {
    /// What `force-unlock` wants.
    #[serde(rename(deserialize = "ID"))]
    pub id: String,
    /// `user@host`.
    pub who: String,
    /// Since when, in terraform's notation.
    pub created: String,
    /// Such as `OperationTypeApply`.
    pub operation: String,
    /// The state that is locked.
    #[serde(default)]
    pub path: String,
}

impl LockInfo {
    /// The lock file beside a local state; `None` when there is none.
    pub(super) fn beside(state: &Path) -> Option<Self> {
        let name = state.file_name()?.to_str()?;
        let bytes = std::fs::read(state.with_file_name(format!(".{name}.lock.info"))).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// The `Lock Info:` block of an error.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        let block = text.split_once("Lock Info:")?.1;
        let field = |name: &str| {
            let mut lines = block.lines().map(str::trim);
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(|v| v.trim().to_owned())
        };
        Some(Self {
            id: field("ID").filter(|id| !id.is_empty())?,
            who: field("Who").unwrap_or_default(),
            created: field("Created").unwrap_or_default(),
            operation: field("Operation").unwrap_or_default(),
            path: field("Path").unwrap_or_default(),
        })
    }

    /// Since when; none when it is told in a notation of its own.
    pub(super) fn taken_at(&self) -> Option<Timestamp> {
        // Go's own notation ends with the zone's name.
        let go = self.created.trim_end_matches(" UTC");
        let read = Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f %z", go);
        read.or_else(|_| self.created.parse()).ok()
    }

    /// `apply`, `plan`, ….
    pub fn operation_word(&self) -> String {
        let word = self
            .operation
            .trim_start_matches("OperationType")
            .to_lowercase();
        match word.as_str() {
            "" => "run".into(),
            _ => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_of_a_lock_tell_the_same_moment() {
        let lock = |created: &str| LockInfo {
            id: "1".into(),
            who: "me@here".into(),
            created: created.into(),
            operation: String::new(),
            path: String::new(),
        };
        let told = lock("2026-01-02 03:04:05.678901234 +0000 UTC").taken_at();
        assert!(told.is_some());
        assert_eq!(told, lock("2026-01-02T03:04:05.678901234Z").taken_at());
        assert_eq!(lock("yesterday").taken_at(), None);
    }
}
