//! Tokens of AWS: the agent's own credentials, and one file per kind of server that takes a token
//! signed with them.
//!
//! A token is a request that is signed and never sent: the server sends it on, to ask AWS who signed
//! it. Signing itself is pure; what it needs of the world comes in as arguments.

mod credentials;
pub mod kafka;
pub mod mysql;
pub mod redis;

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub use credentials::{CredentialChain, NoCredentials};

use crate::token::Token;

/// How long RDS, ElastiCache and MSK take a token; none of them takes a longer one.
pub const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// What SigV4 wants encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Why no token could be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// There is nothing to sign with.
    #[error(transparent)]
    NoCredentials(#[from] NoCredentials),
    /// What is to be signed has no address.
    #[error(transparent)]
    Unknown(#[from] crate::address::UnknownEndpoint),
    /// The signer refused.
    #[error("a token for {service} cannot be signed: {}", causes(.cause.as_ref()))]
    Refused {
        /// Whom the token is for, as AWS calls it.
        service: &'static str,
        /// What the signer says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Who signs, when, and in which region.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// Whose signature it is.
    pub credentials: &'a Credentials,
    /// When it is made; it counts for [`TOKEN_LIFE`] from then on.
    pub now: SystemTime,
    /// AWS region of the server.
    pub region: &'a str,
}

impl Signer<'_> {
    /// The token for `service` that asks for `query` at `authority`: a signed URL without its scheme.
    fn sign(
        self,
        service: &'static str,
        authority: &str,
        query: &[(&str, &str)],
    ) -> Result<Token, SigningError> {
        let query = query.iter().fold(String::new(), |mut text, (name, value)| {
            let and = if text.is_empty() { '?' } else { '&' };
            let _ = write!(text, "{and}{name}={}", utf8_percent_encode(value, RESERVED));
            text
        });
        let url = format!("https://{authority}/{query}");
        let signed = self.signed_url(service, &url);
        let signed = signed.map_err(|cause| SigningError::Refused { service, cause })?;
        Ok(Token {
            text: signed.trim_start_matches("https://").into(),
            runs_out: self.runs_out(),
        })
    }

    fn signed_url(
        self,
        service: &str,
        url: &str,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(TOKEN_LIFE);
        let identity = self.credentials.clone().into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(service)
            .time(self.now)
            .settings(settings)
            .build()?
            .into();
        let body = SignableBody::Bytes(b"");
        let request = SignableRequest::new("GET", url, std::iter::empty(), body)?;
        let (signature, _) = sign(request, &parameters)?.into_parts();
        let mut request = http::Request::get(url).body(())?;
        signature.apply_to_request_http1x(&mut request);
        Ok(request.uri().to_string())
    }

    /// A signature counts no longer than the credentials it was made with.
    fn runs_out(self) -> SystemTime {
        let end = self.now + TOKEN_LIFE;
        self.credentials
            .expiry()
            .map_or(end, |expiry| expiry.min(end))
    }
}

/// An error of the SDK with all it was caused by; it says little by itself.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
pub(crate) mod recomputed;
