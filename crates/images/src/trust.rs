//! The certificates that an image trusts.
//!
//! They are the system's own bundle, not one compiled into this program: it follows the distribution's security
//! updates, knows what a company added for its proxies, and brings no licence of its own along. It differs from
//! machine to machine, so its digest stands in the labels of every image.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{AssembleError, digest};

/// Where it is in the image, and where `SSL_CERT_FILE` points to.
pub(crate) const PLACE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where distributions keep it: Debian, Fedora, SUSE, others.
const SYSTEM: [&str; 4] = [
    PLACE,
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Certificates in PEM.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) pem: Vec<u8>,
    pub(crate) digest: String,
}

impl Trust {
    /// The bundles in `files` one after the other, or the system's when there are none.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, AssembleError> {
        let system;
        let files = if files.is_empty() {
            system = [of_the_system(Path::new("/"))?];
            &system
        } else {
            files
        };
        let mut pem = Vec::new();
        for file in files {
            let bundle = fs::read(file).map_err(|e| AssembleError::io("read", file, e))?;
            let begin = b"-----BEGIN CERTIFICATE-----";
            if !bundle.windows(begin.len()).any(|window| window == begin) {
                return Err(AssembleError::NotPem(file.clone()));
            }
            pem.extend(bundle);
            if !pem.ends_with(b"\n") {
                pem.push(b'\n');
            }
        }
        let digest = digest::of_bytes(&pem);
        Ok(Self { pem, digest })
    }
}

fn of_the_system(root: &Path) -> Result<PathBuf, AssembleError> {
    SYSTEM
        .iter()
        .map(|place| root.join(&place[1..]))
        .find(|path| path.is_file())
        .ok_or_else(|| AssembleError::NoTrust {
            tried: SYSTEM.join(", "),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";

    #[test]
    fn bundles_are_joined_without_running_lines_together() {
        let dir = tempfile::tempdir().unwrap();
        let files = ["a", "b"].map(|name| dir.path().join(name));
        for file in &files {
            fs::write(file, ONE).unwrap();
        }
        let trust = Trust::read(&files).unwrap();
        assert_eq!(trust.pem, format!("{ONE}\n{ONE}\n").as_bytes());
    }

    #[test]
    fn a_file_without_certificates_and_a_system_without_a_bundle_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let empty = dir.path().join("empty.pem");
        fs::write(&empty, "# none\n").unwrap();
        let error = Trust::read(std::slice::from_ref(&empty)).unwrap_err();
        assert!(matches!(error, AssembleError::NotPem(path) if path == empty));
        let error = of_the_system(dir.path()).unwrap_err();
        assert!(error.to_string().contains("/etc/pki/tls/certs"), "{error}");
    }
}
