//! SASL/OAUTHBEARER (RFC 7628): a token lets its bearer in.

use rlab_contract::login::Secret;

use super::Connection;

const MECHANISM: &str = "OAUTHBEARER";
/// What a client says to a refusal, so that the server can end what was begun.
const HEARD: &[u8] = b"\x01";

impl Connection {
    /// Shows `token` to the broker. Only for a connection over TLS: whoever reads the token has it.
    ///
    /// # Errors
    /// A text saying what went wrong; never the token.
    pub async fn login_by_token(&mut self, token: &Secret) -> Result<(), String> {
        self.agree_on(MECHANISM).await?;
        let refused = |why: String| format!("login by token: {why}");
        let said = self.show(first(token)).await.map_err(refused)?;
        if said.is_empty() {
            return Ok(());
        }
        // The refusal has been told already; what ends it may say it better.
        let end = self.show(HEARD.to_vec()).await.err();
        let said = String::from_utf8_lossy(&said).into_owned();
        Err(refused(
            end.map_or(said.clone(), |end| format!("{said} ({end})")),
        ))
    }
}

/// The one thing that a client says: no channel binding, nobody to act for, the token.
fn first(token: &Secret) -> Vec<u8> {
    format!("n,,\x01auth=Bearer {}\x01\x01", token.expose()).into_bytes()
}

#[cfg(test)]
mod tests {
    use bytes::{Buf, Bytes, BytesMut};
    use kafka_protocol::ResponseError;
    use kafka_protocol::messages::{
        RequestHeader, ResponseHeader, SaslAuthenticateRequest, SaslAuthenticateResponse,
        SaslHandshakeRequest, SaslHandshakeResponse,
    };
    use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const RIGHT: &str = "right-token";

    /// How a broker refuses.
    #[derive(Clone, Copy)]
    enum Refuses {
        /// As RFC 7628 has it: it says why, hears that this was heard, and ends it.
        InTwoSteps,
        /// At once, by Kafka's error.
        AtOnce,
        /// It does not know the mechanism.
        Mechanism,
    }

    /// Reads one request, which must be an `R` of `version`.
    async fn heard<R: Request>(stream: &mut TcpStream, version: i16) -> (i32, R) {
        let length = stream.read_u32().await.unwrap() as usize;
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).await.unwrap();
        let mut bytes = Bytes::from(bytes);
        let header = RequestHeader::decode(&mut bytes, R::header_version(version)).unwrap();
        assert_eq!(
            (header.request_api_key, header.request_api_version),
            (R::KEY, version)
        );
        let request = R::decode(&mut bytes, version).unwrap();
        assert!(!bytes.has_remaining());
        (header.correlation_id, request)
    }

    async fn answer<A: Encodable + HeaderVersion>(
        stream: &mut TcpStream,
        (correlation, version): (i32, i16),
        answer: &A,
    ) {
        let mut bytes = BytesMut::new();
        let header = ResponseHeader::default().with_correlation_id(correlation);
        header
            .encode(&mut bytes, A::header_version(version))
            .unwrap();
        answer.encode(&mut bytes, version).unwrap();
        stream.write_u32(bytes.len() as u32).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    }

    /// One login at a broker that knows [`RIGHT`]: what was shown to it.
    async fn serve(listener: TcpListener, refuses: Refuses) -> Vec<Bytes> {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (id, handshake) = heard::<SaslHandshakeRequest>(&mut stream, 1).await;
        assert_eq!(handshake.mechanism.as_str(), "OAUTHBEARER");
        let scram = StrBytes::from_static_str("SCRAM-SHA-512");
        let known = SaslHandshakeResponse::default().with_mechanisms(vec![scram]);
        let code = match refuses {
            Refuses::Mechanism => ResponseError::UnsupportedSaslMechanism.code(),
            _ => 0,
        };
        answer(&mut stream, (id, 1), &known.with_error_code(code)).await;
        if code != 0 {
            return Vec::new();
        }
        let mut shown = Vec::new();
        loop {
            let (id, request) = heard::<SaslAuthenticateRequest>(&mut stream, 2).await;
            shown.push(request.auth_bytes.clone());
            let right = format!("n,,\x01auth=Bearer {RIGHT}\x01\x01");
            let said = SaslAuthenticateResponse::default();
            let failed = ResponseError::SaslAuthenticationFailed.code();
            let said = match (shown.len(), refuses) {
                (1, _) if request.auth_bytes == right.as_bytes() => said,
                (1, Refuses::InTwoSteps) => {
                    said.with_auth_bytes(Bytes::from_static(b"{\"status\":\"invalid_token\"}"))
                }
                _ => said
                    .with_error_code(failed)
                    .with_error_message(Some(StrBytes::from_static_str("Access denied"))),
            };
            let more = said.error_code == 0 && !said.auth_bytes.is_empty();
            answer(&mut stream, (id, 2), &said).await;
            if !more {
                return shown;
            }
        }
    }

    /// What a login with `token` comes to, and what was shown.
    async fn login(token: &str, refuses: Refuses) -> (Result<(), String>, Vec<Bytes>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(serve(listener, refuses));
        let address = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port);
        let mut connection = Connection::open(address).await.unwrap();
        let outcome = connection.login_by_token(&token.into()).await;
        drop(connection);
        (outcome, served.await.unwrap())
    }

    #[tokio::test]
    async fn the_right_token_is_shown_once_and_lets_its_bearer_in() {
        let (outcome, shown) = login(RIGHT, Refuses::AtOnce).await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(shown, [&b"n,,\x01auth=Bearer right-token\x01\x01"[..]]);
    }

    #[tokio::test]
    async fn a_refusal_in_two_steps_is_ended_and_told_whole() {
        let (outcome, shown) = login("wrong-token", Refuses::InTwoSteps).await;
        let why = outcome.unwrap_err();
        for part in ["invalid_token", "SaslAuthenticationFailed", "Access denied"] {
            assert!(why.contains(part), "{part}: {why}");
        }
        assert!(!why.contains("wrong-token"), "{why}");
        assert_eq!(shown[1..], [&b"\x01"[..]]);
    }

    #[tokio::test]
    async fn a_refusal_at_once_is_told_with_the_brokers_reason() {
        let (outcome, shown) = login("wrong-token", Refuses::AtOnce).await;
        let wanted = "login by token: SaslAuthenticationFailed: Access denied";
        assert_eq!(outcome, Err(wanted.to_owned()));
        assert_eq!(shown.len(), 1);
    }

    #[tokio::test]
    async fn a_broker_that_takes_no_tokens_is_shown_none_and_what_it_takes_is_told() {
        let (outcome, shown) = login(RIGHT, Refuses::Mechanism).await;
        let why = outcome.unwrap_err();
        assert!(why.contains("SCRAM-SHA-512"), "{why}");
        assert!(shown.is_empty());
    }
}
