//! The agent's AWS credentials, wherever AWS's own clients would find them.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::OnceCell;

use super::causes;

/// The default chain: environment, profile, web identity, the task's role, the instance's. It is
/// looked for once, when it is first needed; each signature asks it anew, so that a role's credentials
/// are followed when they are exchanged. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct CredentialChain(Arc<OnceCell<Option<SharedCredentialsProvider>>>);

/// Why there are no credentials, and what to do.
#[derive(Debug, thiserror::Error)]
#[error(
    "no AWS credentials: {}; give the task a role (or the process AWS_ACCESS_KEY_ID and \
     AWS_SECRET_ACCESS_KEY)", causes(.0)
)]
pub struct NoCredentials(#[from] CredentialsError);

impl CredentialChain {
    /// The credentials of this moment.
    ///
    /// # Errors
    /// [`NoCredentials`] when the chain has none; it is asked again next time.
    pub async fn credentials(&self, region: &str) -> Result<Credentials, NoCredentials> {
        let provider = self.0.get_or_init(|| load(region.to_owned())).await;
        match provider {
            Some(provider) => Ok(provider.provide_credentials().await?),
            None => Err(CredentialsError::not_loaded_no_source().into()),
        }
    }
}

async fn load(region: String) -> Option<SharedCredentialsProvider> {
    // With the region given, nobody is asked for it.
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(Region::new(region));
    loader.load().await.credentials_provider()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_credentials_the_error_says_what_to_do() {
        let none = CredentialChain(Arc::new(OnceCell::new_with(Some(None))));
        let error = none.credentials("eu-central-1").await.unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("no AWS credentials: "), "{error}");
        assert!(error.contains("give the task a role"), "{error}");
    }
}
