//! Who we are: SASL/SCRAM-SHA-512.

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session};

use super::{Connection, no_error};

const MECHANISM: &str = "SCRAM-SHA-512";

impl Connection {
    /// Proves to the broker that we are `user`, and has the broker prove that it knew the password.
    ///
    /// # Errors
    /// A text saying what went wrong.
    pub async fn login(&mut self, user: &str, password: &str) -> Result<(), String> {
        let mut session = session(user, password)?;
        let request =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(MECHANISM));
        let answer = self.ask(&request, 1).await?;
        no_error(answer.error_code, "SaslHandshake")?;
        let mut challenge: Option<Bytes> = None;
        loop {
            let mut proof = Vec::new();
            let state = session.step(challenge.as_deref(), &mut proof);
            let state = state.map_err(|e| format!("login as {user}: {e}"))?;
            if state.is_finished() {
                return Ok(());
            }
            let request = SaslAuthenticateRequest::default().with_auth_bytes(proof.into());
            let answer = self.ask(&request, 2).await?;
            if let Some(error) = ResponseError::try_from_code(answer.error_code) {
                return Err(format!("login as {user}: {error:?}"));
            }
            challenge = Some(answer.auth_bytes);
        }
    }
}

fn session(user: &str, password: &str) -> Result<Session, String> {
    let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned());
    let config = config.map_err(|e| e.to_string())?;
    let mechanism = Mechname::parse(MECHANISM.as_bytes()).map_err(|e| e.to_string())?;
    let started = SASLClient::new(config).start_suggested(&[mechanism]);
    started.map_err(|e| e.to_string())
}
