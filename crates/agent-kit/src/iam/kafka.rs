//! A token for MSK, shown by SASL/OAUTHBEARER.

use std::time::{Duration, SystemTime};

use aws_config::Region;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_msk_iam_sasl_signer::generate_auth_token_from_credentials_provider;

use super::SigningError;
use crate::Agent;
use crate::token::{Token, Tokens};

/// Signs for the brokers of `region`. AWS's signer reads the clock by itself.
///
/// # Errors
/// [`SigningError::Refused`].
pub async fn sign(credentials: &Credentials, region: &str) -> Result<Token, SigningError> {
    let provider = SharedCredentialsProvider::new(credentials.clone());
    let region = Region::new(region.to_owned());
    let (text, end_ms) = generate_auth_token_from_credentials_provider(region, provider)
        .await
        .map_err(|cause| SigningError::Refused {
            service: "kafka-cluster",
            cause: cause.into(),
        })?;
    let end = Duration::from_millis(u64::try_from(end_ms).unwrap_or_default());
    let end = SystemTime::UNIX_EPOCH + end;
    Ok(Token {
        text: text.into(),
        runs_out: credentials.expiry().map_or(end, |expiry| expiry.min(end)),
    })
}

/// Tokens for the brokers of `agent`, renewed from now on.
pub(crate) fn tokens(agent: &Agent, region: &str) -> Tokens {
    let (chain, region) = (agent.credentials.clone(), region.to_owned());
    Tokens::keep(&agent.ready, "kafka token", move || {
        let (chain, region) = (chain.clone(), region.clone());
        async move {
            let credentials = chain.credentials(&region).await?;
            sign(&credentials, &region).await
        }
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;
    use crate::iam::TOKEN_LIFE;
    use crate::iam::recomputed::{REGION, asked, credentials};

    #[tokio::test]
    async fn the_token_has_what_msk_documents_and_a_signature_that_holds() {
        let credentials = credentials(Some("session/token+=="));
        let before = SystemTime::now() - Duration::from_secs(1);
        let token = sign(&credentials, REGION).await.unwrap();
        assert!(token.runs_out >= before + TOKEN_LIFE);
        assert!(token.runs_out <= SystemTime::now() + TOKEN_LIFE);

        let url = BASE64_URL_SAFE_NO_PAD.decode(token.text.expose()).unwrap();
        let url = String::from_utf8(url).unwrap();
        let asked = asked(url.strip_prefix("https://").unwrap());
        assert_eq!(asked.authority, "kafka.eu-central-1.amazonaws.com");
        assert_eq!(asked.get("Action"), "kafka-cluster:Connect");
        assert_eq!(asked.get("X-Amz-Security-Token"), "session/token+==");
        assert!(!asked.get("User-Agent").is_empty());
        asked.assert_signed(credentials.secret_access_key(), "kafka-cluster");
    }

    #[tokio::test]
    async fn the_token_runs_out_with_the_credentials() {
        let end = SystemTime::now() + Duration::from_secs(60);
        let credentials = Credentials::new("AKIDEXAMPLE", "s", None, Some(end), "tests");
        assert_eq!(sign(&credentials, REGION).await.unwrap().runs_out, end);
    }
}
