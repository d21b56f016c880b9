//! A token for RDS or Aurora MySQL, in place of a password.

use std::time::SystemTime;

use rlab_contract::address::Address;
use rlab_contract::login::{Login, RdsSigning};

use super::{Signer, SigningError};
use crate::Agent;
use crate::token::{Token, Tokens};

/// Signs for `user` at `address`, which must be the name that RDS gave the server: an alias is refused.
///
/// # Errors
/// [`SigningError::Refused`].
pub fn sign(signer: Signer<'_>, address: &Address, user: &str) -> Result<Token, SigningError> {
    let query = [("Action", "connect"), ("DBUser", user)];
    signer.sign("rds-db", &address.to_string(), &query)
}

/// Tokens for the MySQL of `agent`, renewed from now on.
pub(crate) fn tokens(agent: &Agent, login: &Login<RdsSigning>, signing: &RdsSigning) -> Tokens {
    let (chain, addresses) = (agent.credentials.clone(), agent.addresses.clone());
    let (endpoint, user) = (login.endpoint.clone(), login.user.clone());
    let region = signing.region.clone();
    Tokens::keep(&agent.ready, "mysql token", move || {
        let (chain, region, user) = (chain.clone(), region.clone(), user.clone());
        let address = addresses.resolve(&endpoint);
        async move {
            let credentials = chain.credentials(&region).await?;
            let signer = Signer {
                credentials: &credentials,
                now: SystemTime::now(),
                region: &region,
            };
            sign(signer, &address?, &user)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::recomputed::{asked, credentials, signer};

    #[test]
    fn the_token_has_what_rds_documents_and_a_signature_that_holds() {
        let address = "lab.abc123.eu-central-1.rds.amazonaws.com:3306";
        for session in [None, Some("session/token+==")] {
            let credentials = credentials(session);
            let place = address.parse().unwrap();
            let token = sign(signer(&credentials), &place, "query_service").unwrap();
            let asked = asked(token.text.expose());
            assert_eq!(asked.authority, address);
            assert_eq!(asked.get("Action"), "connect");
            assert_eq!(asked.get("DBUser"), "query_service");
            assert_eq!(asked.get("X-Amz-Date"), "20261121T120000Z");
            assert_eq!(
                asked.get("X-Amz-Security-Token"),
                session.unwrap_or_default()
            );
            asked.assert_signed(credentials.secret_access_key(), "rds-db");
        }
    }
}
