//! The Terraform roots that are part of the binary with the policies that they read, laid out on disk for
//! a lab.

use std::path::{Path, PathBuf};

use rlab_lab::files;

use crate::error::CloudError;

/// Path below `terraform/` and text of every file.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/roots.rs"));

/// What makes a root keep its state beside it.
const LOCAL_BACKEND: &str = "terraform {\n  backend \"local\" {}\n}\n";

/// Where a root's state is to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Where the root says.
    AsDeclared,
    /// On this machine.
    Local,
}

/// Writes all roots to `dir`, and the policies beside it, and returns the directory of `root`. What is there already is
/// replaced where it differs, so that a newer rlab-ops works with its own.
///
/// # Errors
/// When the file system refuses.
pub fn lay_out(dir: &Path, root: &str, state: State) -> Result<PathBuf, CloudError> {
    for (name, text) in FILES {
        put(&dir.join(name), text)?;
    }
    let root = dir.join(root);
    let backend = root.join("backend_override.tf");
    match state {
        State::Local => put(&backend, LOCAL_BACKEND)?,
        State::AsDeclared if backend.exists() => {
            std::fs::remove_file(&backend).map_err(|e| CloudError::io(&backend, e))?;
        }
        State::AsDeclared => {}
    }
    Ok(root)
}

fn put(path: &Path, text: &str) -> Result<(), CloudError> {
    if std::fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        files::make_dir(above)?;
    }
    std::fs::write(path, text).map_err(|e| CloudError::io(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_root_is_in_the_binary_with_its_lock_and_without_its_tests() {
        for root in ["aws", "aws-serverless", "bootstrap", "evidence"] {
            let has = |name: &str| FILES.iter().any(|(n, _)| *n == format!("{root}/{name}"));
            assert!(
                has("main.tf") && has(".terraform.lock.hcl") && has("versions.tf"),
                "{root}"
            );
        }
        assert!(FILES.iter().all(|(name, _)| !name.contains("tftest")));
    }

    #[test]
    fn a_root_is_laid_out_with_what_it_uses_and_a_stale_backend_goes_away() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = scratch.path().join("terraform");
        let root = lay_out(&dir, "aws", State::Local).unwrap();
        assert!(root.join("backend_override.tf").exists());
        assert!(dir.join("modules/kafka/main.tf").exists());
        let policy = "modules/access/../../../iam/generated/outbox-relay.json";
        assert!(dir.join(policy).exists());
        std::fs::write(root.join("main.tf"), "changed").unwrap();
        let root = lay_out(&dir, "aws", State::AsDeclared).unwrap();
        assert!(!root.join("backend_override.tf").exists());
        let text = std::fs::read_to_string(root.join("main.tf")).unwrap();
        assert_ne!(text, "changed");
    }
}
