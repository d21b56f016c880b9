//! Where an image is pushed to.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use oci_client::Reference;
use oci_client::client::ClientProtocol;

use super::PushError;

/// A registry and a path in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repository {
    /// Host, with a port if it is not the usual one.
    pub(super) registry: String,
    /// Path within it.
    pub(super) path: String,
}

impl Repository {
    pub(super) fn by_digest(&self, digest: &str) -> Reference {
        Reference::with_digest(self.registry.clone(), self.path.clone(), digest.into())
    }

    /// By the tag that says the same as `digest`.
    pub(super) fn by_tag(&self, digest: &str) -> Reference {
        let tag = digest.trim_start_matches("sha256:");
        Reference::with_tag(self.registry.clone(), self.path.clone(), tag.into())
    }

    /// Plain HTTP on loopback, where nobody listens in and nobody has a certificate.
    pub(super) fn protocol(&self) -> ClientProtocol {
        let host = match self.registry.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.registry,
        };
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
            ClientProtocol::Http
        } else {
            ClientProtocol::Https
        }
    }
}

impl FromStr for Repository {
    type Err = PushError;

    fn from_str(text: &str) -> Result<Self, PushError> {
        let wrong = |why: &str| PushError::NoRepository {
            text: text.into(),
            why: why.into(),
        };
        let (registry, path) = text
            .split_once('/')
            .ok_or_else(|| wrong("it has no path"))?;
        // The usual reading would take a first part without these for a path on a public registry.
        if !registry.contains(['.', ':']) && registry != "localhost" {
            return Err(wrong("it does not begin with the registry's host"));
        }
        if path.contains([':', '@']) {
            return Err(wrong("tag and digest are not part of it"));
        }
        let reference: Reference = text
            .parse()
            .map_err(|error: oci_client::ParseError| wrong(&error.to_string()))?;
        if reference.registry() != registry || reference.repository() != path {
            return Err(wrong("it does not begin with the registry's host"));
        }
        Ok(Self {
            registry: registry.into(),
            path: path.into(),
        })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_spoken_to_in_plain_http() {
        for (text, plain) in [
            ("127.0.0.1:32000/a", true),
            ("127.20.1.1:5000/a", true),
            ("localhost:5000/a", true),
            ("10.0.0.1:5000/a", false),
            ("127.0.0.1.example.org/a", false),
            (
                "1234.dkr.ecr.eu-central-1.amazonaws.com/rlab-mine/relay",
                false,
            ),
        ] {
            let repository: Repository = text.parse().unwrap();
            assert_eq!(
                matches!(repository.protocol(), ClientProtocol::Http),
                plain,
                "{text}"
            );
            assert_eq!(repository.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_repository_is_refused_with_the_reason() {
        for (text, why) in [
            ("relay", "no path"),
            ("rlab/relay", "host"),
            ("host.example/relay:tag", "tag"),
            ("host.example/relay@sha256:00", "tag"),
            ("host.example/Relay", "format"),
        ] {
            let error = text.parse::<Repository>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
