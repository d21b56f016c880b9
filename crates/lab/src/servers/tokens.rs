//! Tokens that the lab itself shows to servers of AWS.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;
use rlab_agent_kit::iam::{self, CredentialChain, SigningError, TOKEN_LIFE};
use rlab_agent_kit::token::Token;
use rlab_contract::address::Address;

use crate::spec::Signing;

/// A token is shown until half of its life is over, and then signed anew.
const KEPT: Duration = TOKEN_LIFE.checked_div(2).unwrap();

/// Signs tokens for servers that the lab does not run.
pub trait Signer: fmt::Debug + Send + Sync {
    /// A token to show to the server at `address`.
    ///
    /// # Errors
    /// [`SigningError`] when there are no credentials, or the signer refuses.
    fn sign<'a>(
        &'a self,
        signing: &'a Signing,
        address: &'a Address,
    ) -> BoxFuture<'a, Result<Token, SigningError>>;
}

/// Signs with the AWS credentials of this process, wherever AWS's own clients would find them.
#[derive(Default)]
pub struct OwnCredentials {
    chain: CredentialChain,
    signed: Mutex<Vec<Signed>>,
}

struct Signed {
    signing: Signing,
    address: Address,
    token: Token,
}

impl Signer for OwnCredentials {
    fn sign<'a>(
        &'a self,
        signing: &'a Signing,
        address: &'a Address,
    ) -> BoxFuture<'a, Result<Token, SigningError>> {
        async move {
            if let Some(token) = self.kept(signing, address, SystemTime::now()) {
                return Ok(token);
            }
            let token = self.signed(signing, address).await?;
            self.keep(signing, address, token.clone());
            Ok(token)
        }
        .boxed()
    }
}

impl OwnCredentials {
    async fn signed(&self, signing: &Signing, address: &Address) -> Result<Token, SigningError> {
        let region = signing.region();
        let credentials = self.chain.credentials(region).await?;
        let signer = iam::Signer {
            credentials: &credentials,
            now: SystemTime::now(),
            region,
        };
        match signing {
            Signing::Kafka { region } => iam::kafka::sign(&credentials, region).await,
            Signing::Mysql { user, .. } => iam::mysql::sign(signer, address, user),
            Signing::Redis { user, signing } => {
                iam::redis::sign(signer, &signing.cache, signing.kind, user)
            }
        }
    }

    /// The token signed earlier, where it is to be shown again.
    fn kept(&self, signing: &Signing, address: &Address, now: SystemTime) -> Option<Token> {
        let mut all = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|kept| kept.token.runs_out > now + KEPT);
        let same = |kept: &&Signed| kept.signing == *signing && kept.address == *address;
        all.iter().find(same).map(|kept| kept.token.clone())
    }

    fn keep(&self, signing: &Signing, address: &Address, token: Token) {
        let mut all = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Signed {
            signing: signing.clone(),
            address: address.clone(),
            token,
        });
    }
}

impl fmt::Debug for OwnCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnCredentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kafka(region: &str) -> Signing {
        Signing::Kafka {
            region: region.to_owned(),
        }
    }

    #[test]
    fn a_token_is_shown_again_to_whom_it_was_signed_for_and_until_half_of_its_life_is_over() {
        let (ours, now) = (OwnCredentials::default(), SystemTime::now());
        let [here, there] = ["a:1", "b:1"].map(|text| text.parse::<Address>().unwrap());
        let token = Token {
            text: "a-token".into(),
            runs_out: now + TOKEN_LIFE,
        };
        ours.keep(&kafka("eu-central-1"), &here, token);
        let minute = Duration::from_secs(60);
        assert!(
            ours.kept(&kafka("eu-central-1"), &here, now + 7 * minute)
                .is_some()
        );
        assert!(ours.kept(&kafka("eu-central-1"), &there, now).is_none());
        assert!(ours.kept(&kafka("eu-west-1"), &here, now).is_none());
        assert!(
            ours.kept(&kafka("eu-central-1"), &here, now + 8 * minute)
                .is_none()
        );
        // It is forgotten, whatever the clock says later.
        assert!(ours.kept(&kafka("eu-central-1"), &here, now).is_none());
    }

    #[test]
    fn what_signs_prints_no_token() {
        let ours = OwnCredentials::default();
        let token = Token {
            text: "a-token".into(),
            runs_out: SystemTime::now() + TOKEN_LIFE,
        };
        ours.keep(&kafka("eu-central-1"), &"a:1".parse().unwrap(), token);
        assert!(!format!("{ours:?}").contains("a-token"));
    }
}
