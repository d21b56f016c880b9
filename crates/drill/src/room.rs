//! Room for evidence: enough of it before anything is injected, and a word when much was gathered.

use std::path::Path;

use rlab_evidence::runs;

use crate::error::DrillError;
use crate::event::DrillEvent;

/// Free space without which no drill begins: several times what one of the default size writes.
const LEAST_FREE_BYTES: u64 = 64 << 20;
/// Size of all runs together above which the user is told how to be rid of the old ones. The same
/// that `evidence prune` leaves.
pub const BUDGET_BYTES: u64 = 2 << 30;
const MIB: u64 = 1 << 20;

/// Refuses to begin a drill whose evidence would not fit.
pub(crate) fn enough(
    root: &Path,
    tell: &(dyn Fn(DrillEvent) + Send + Sync),
) -> Result<(), DrillError> {
    std::fs::create_dir_all(root).map_err(|e| DrillError::io(root, e))?;
    let free = fs4::available_space(root).map_err(|e| DrillError::io(root, e))?;
    if free < LEAST_FREE_BYTES {
        return Err(DrillError::NoRoom {
            root: root.to_owned(),
            free_mib: free / MIB,
            least_mib: LEAST_FREE_BYTES / MIB,
        });
    }
    let gathered: u64 = runs::list(root)?.iter().map(|run| run.bytes).sum();
    if gathered > BUDGET_BYTES {
        tell(DrillEvent::Note(format!(
            "the runs in {} have grown to {} MiB; remove the oldest: rlab-ops evidence prune",
            root.display(),
            gathered / MIB
        )));
    }
    Ok(())
}
