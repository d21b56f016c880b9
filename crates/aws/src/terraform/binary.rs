//! Finds `terraform` and checks its version.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use semver::Version;
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use super::error::TerraformError;

/// The S3 backend locks without a table from this version on.
const OLDEST: Version = Version::new(1, 11, 0);
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// A terraform that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terraform {
    path: PathBuf,
    version: Version,
}

#[derive(Deserialize)]
struct Told {
    terraform_version: String,
}

impl Terraform {
    /// The first `terraform` on the PATH.
    ///
    /// # Errors
    /// When there is none, it is older than 1.11, or it does not answer within 30 s.
    pub async fn find() -> Result<Self, TerraformError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates = std::env::split_paths(&path).map(|dir| dir.join("terraform"));
        let found = candidates.find(|c| is_program(c));
        Self::at(&found.ok_or(TerraformError::NotFound)?).await
    }

    /// The terraform at `path`.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub async fn at(path: &Path) -> Result<Self, TerraformError> {
        let mut command = Command::new(path);
        command.args(["version", "-json"]).kill_on_drop(true);
        let output = timeout(ANSWERS_WITHIN, command.output()).await;
        let output = output.map_err(|_| TerraformError::TimedOut {
            verb: "version",
            limit: ANSWERS_WITHIN,
            killed: true,
        })?;
        let output = output.map_err(|e| TerraformError::io(path, e))?;
        let told: Told = serde_json::from_slice(&output.stdout)
            .map_err(|e| TerraformError::unreadable("version", e))?;
        let version: Version = (told.terraform_version.parse())
            .map_err(|e| TerraformError::unreadable("version", e))?;
        if version < OLDEST {
            return Err(TerraformError::TooOld {
                path: path.to_owned(),
                version: version.to_string(),
                needed: OLDEST.to_string(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            version,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version.
    pub fn version(&self) -> String {
        self.version.to_string()
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}
