//! Is there room for what is still to come?

use std::path::Path;

use crate::{ArtifactError, Result};

/// Bytes an unprivileged user may still write at `path`.
pub(crate) fn free_bytes(path: &Path) -> Result<u64> {
    let stat =
        rustix::fs::statvfs(path).map_err(|e| ArtifactError::io("measure", path)(e.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Refuses to begin what cannot be finished.
pub(crate) fn preflight(path: &Path, needed: u64, free: u64) -> Result<()> {
    if needed <= free {
        return Ok(());
    }
    Err(ArtifactError::DiskFull {
        path: path.into(),
        needed: Some(needed),
        free: Some(free),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_is_refused_with_both_figures() {
        let error = preflight(Path::new("/cache"), 500 << 20, 20 << 20).unwrap_err();
        assert_eq!(
            error.to_string(),
            "disk full at /cache: 500 MiB needed, 20 MiB free"
        );
        assert!(error.hint().contains("RLAB_CACHE"));
    }

    #[test]
    fn enough_room_passes() {
        assert!(preflight(Path::new("/cache"), 1, 1).is_ok());
    }

    #[test]
    fn free_space_of_a_real_directory_is_known() {
        assert!(free_bytes(Path::new("/proc")).is_ok());
        assert!(free_bytes(Path::new("/no/such/place")).is_err());
    }
}
