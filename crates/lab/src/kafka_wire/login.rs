//! Who we are: SASL, by SCRAM-SHA-512 or by a token.

mod bearer;

use bytes::Bytes;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session};

use super::Connection;

const SCRAM: &str = "SCRAM-SHA-512";

impl Connection {
    /// Proves to the broker that we are `user`, and has the broker prove that it knew the password.
    ///
    /// # Errors
    /// A text saying what went wrong.
    pub async fn login(&mut self, user: &str, password: &str) -> Result<(), String> {
        let mut session = session(user, password)?;
        self.agree_on(SCRAM).await?;
        let mut challenge: Option<Bytes> = None;
        loop {
            let mut proof = Vec::new();
            let state = session.step(challenge.as_deref(), &mut proof);
            let state = state.map_err(|e| format!("login as {user}: {e}"))?;
            if state.is_finished() {
                return Ok(());
            }
            let answer = self.show(proof).await;
            challenge = Some(answer.map_err(|why| format!("login as {user}: {why}"))?);
        }
    }

    /// Says by which mechanism we log in.
    async fn agree_on(&mut self, mechanism: &'static str) -> Result<(), String> {
        let request =
            SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
        let answer = self.ask(&request, 1).await?;
        match ResponseError::try_from_code(answer.error_code) {
            None => Ok(()),
            Some(error) => Err(format!(
                "SaslHandshake: {error:?} ({mechanism}; the broker takes {})",
                taken(&answer)
            )),
        }
    }

    /// Shows a proof, and returns what the broker says to it.
    async fn show(&mut self, proof: Vec<u8>) -> Result<Bytes, String> {
        let request = SaslAuthenticateRequest::default().with_auth_bytes(proof.into());
        let answer = self.ask(&request, 2).await?;
        let said = answer.error_message.as_deref().unwrap_or_default();
        match ResponseError::try_from_code(answer.error_code) {
            None => Ok(answer.auth_bytes),
            Some(error) if said.is_empty() => Err(format!("{error:?}")),
            Some(error) => Err(format!("{error:?}: {said}")),
        }
    }
}

fn taken(answer: &SaslHandshakeResponse) -> String {
    let names = answer.mechanisms.iter().map(StrBytes::as_str);
    match names.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "none".to_owned(),
        names => names,
    }
}

fn session(user: &str, password: &str) -> Result<Session, String> {
    let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned());
    let config = config.map_err(|e| e.to_string())?;
    let mechanism = Mechname::parse(SCRAM.as_bytes()).map_err(|e| e.to_string())?;
    let started = SASLClient::new(config).start_suggested(&[mechanism]);
    started.map_err(|e| e.to_string())
}
