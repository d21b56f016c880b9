//! Who pushes.

use std::fmt;

use oci_client::secrets::RegistryAuth;

/// How a registry knows who pushes.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// It does not ask.
    Anonymous,
    /// By name and password, or exchanged for a token where the registry wants that. ECR's authorization token is
    /// such a pair, in base64: `AWS` and a password that is good for twelve hours.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: Password,
    },
}

/// A password that does not show itself.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Takes hold of `secret`.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Credentials {
    pub(super) fn for_client(&self) -> RegistryAuth {
        match self {
            Self::Anonymous => RegistryAuth::Anonymous,
            Self::Basic { user, password } => RegistryAuth::Basic(user.clone(), password.0.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let credentials = Credentials::Basic {
            user: "AWS".into(),
            password: Password::new("very-secret"),
        };
        let shown = format!("{credentials:?}");
        assert!(
            shown.contains("AWS") && !shown.contains("very-secret"),
            "{shown}"
        );
    }
}
