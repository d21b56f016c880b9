//! A token for ElastiCache, in place of a password.

use std::time::SystemTime;

use rlab_contract::login::{CacheKind, CacheSigning};

use super::{Signer, SigningError};
use crate::Agent;
use crate::token::{Token, Tokens};

/// Signs for `user` at the cache called `cache` (its identifier, not its host name).
///
/// # Errors
/// [`SigningError::Refused`].
pub fn sign(
    signer: Signer<'_>,
    cache: &str,
    kind: CacheKind,
    user: &str,
) -> Result<Token, SigningError> {
    // Identifiers are kept in lower case whatever they were made with.
    let authority = cache.to_ascii_lowercase();
    match kind {
        CacheKind::ReplicationGroup => signer.sign(
            "elasticache",
            &authority,
            &[("Action", "connect"), ("User", user)],
        ),
        CacheKind::Serverless => {
            let serverless = ("ResourceType", "ServerlessCache");
            let query = [("Action", "connect"), serverless, ("User", user)];
            signer.sign("elasticache", &authority, &query)
        }
    }
}

/// Tokens for the Redis of `agent`, renewed from now on.
pub(crate) fn tokens(agent: &Agent, user: &str, signing: &CacheSigning) -> Tokens {
    let (chain, user, signing) = (agent.credentials.clone(), user.to_owned(), signing.clone());
    Tokens::keep(&agent.ready, "redis token", move || {
        let (chain, user, signing) = (chain.clone(), user.clone(), signing.clone());
        async move {
            let credentials = chain.credentials(&signing.region).await?;
            let signer = Signer {
                credentials: &credentials,
                now: SystemTime::now(),
                region: &signing.region,
            };
            sign(signer, &signing.cache, signing.kind, &user)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::recomputed::{asked, credentials, signer};

    #[test]
    fn the_token_has_what_elasticache_documents_and_a_signature_that_holds() {
        let kinds = [
            (CacheKind::ReplicationGroup, ""),
            (CacheKind::Serverless, "ServerlessCache"),
        ];
        for (kind, resource) in kinds {
            let credentials = credentials(Some("session/token+=="));
            let token = sign(
                signer(&credentials),
                "rlab-Mine",
                kind,
                "rlab-mine-query-service",
            );
            let asked = asked(token.unwrap().text.expose());
            assert_eq!(asked.authority, "rlab-mine");
            assert_eq!(asked.get("Action"), "connect");
            assert_eq!(asked.get("User"), "rlab-mine-query-service");
            assert_eq!(asked.get("ResourceType"), resource);
            assert_eq!(asked.get("X-Amz-Security-Token"), "session/token+==");
            asked.assert_signed(credentials.secret_access_key(), "elasticache");
        }
    }
}
