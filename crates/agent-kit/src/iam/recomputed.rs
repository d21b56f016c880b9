//! Tests: a signed URL taken apart, and its signature computed anew as AWS documents it, without AWS's
//! code.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::{RESERVED, Signer};

pub(crate) const REGION: &str = "eu-central-1";

/// 2026-11-21T12:00:00Z
pub(crate) const NOON: Duration = Duration::from_secs(1_795_262_400);

pub(crate) fn credentials(session: Option<&str>) -> Credentials {
    let session = session.map(ToOwned::to_owned);
    Credentials::new("AKIDEXAMPLE", "the-secret/of+tests", session, None, "tests")
}

pub(crate) fn signer(credentials: &Credentials) -> Signer<'_> {
    Signer {
        credentials,
        now: SystemTime::UNIX_EPOCH + NOON,
        region: REGION,
    }
}

/// What a token asks for, decoded.
pub(crate) struct Asked {
    pub authority: String,
    pub query: BTreeMap<String, String>,
}

/// Takes a URL apart that has no scheme.
pub(crate) fn asked(url: &str) -> Asked {
    let (authority, query) = url.split_once("/?").expect("no query");
    let decoded = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    Asked {
        authority: authority.to_owned(),
        query: pairs.map(|(k, v)| (decoded(k), decoded(v))).collect(),
    }
}

impl Asked {
    pub fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// Demands what is common to all tokens, and the signature that `secret` gives for `service`.
    pub fn assert_signed(&self, secret: &str, service: &str) {
        let date = self.get("X-Amz-Date");
        let day = &date[..8];
        let scope = format!("{day}/{REGION}/{service}/aws4_request");
        assert_eq!(self.get("X-Amz-Algorithm"), "AWS4-HMAC-SHA256");
        assert_eq!(self.get("X-Amz-Credential"), format!("AKIDEXAMPLE/{scope}"));
        assert_eq!(self.get("X-Amz-Expires"), "900");
        assert_eq!(self.get("X-Amz-SignedHeaders"), "host");
        let request = format!(
            "GET\n/\n{}\nhost:{}\n\nhost\n{}",
            self.canonical_query(),
            self.authority,
            hex::encode(Sha256::digest(b""))
        );
        let request = hex::encode(Sha256::digest(request));
        let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}");
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [day, REGION, service, "aws4_request"] {
            key = hmac(&key, part);
        }
        assert_eq!(self.get("X-Amz-Signature"), hex::encode(hmac(&key, &text)));
    }

    fn canonical_query(&self) -> String {
        let encoded = |text| utf8_percent_encode(text, RESERVED).to_string();
        // Neither is signed: the one is the signature, the other is MSK's note on who asks.
        let unsigned = ["X-Amz-Signature", "User-Agent"];
        let signed = self
            .query
            .iter()
            .filter(|(k, _)| !unsigned.contains(&k.as_str()));
        let pairs: Vec<_> = signed
            .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
            .collect();
        pairs.join("&")
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[test]
fn the_key_is_the_one_that_aws_documents() {
    // The worked example of the Signature Version 4 reference.
    let mut key = b"AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_vec();
    for part in ["20150830", "us-east-1", "iam", "aws4_request"] {
        key = hmac(&key, part);
    }
    let documented = "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9";
    assert_eq!(hex::encode(key), documented);
}

#[test]
fn a_token_counts_no_longer_than_the_credentials_it_was_signed_with() {
    let end = SystemTime::UNIX_EPOCH + NOON + Duration::from_secs(60);
    let soon = Credentials::new("AKIDEXAMPLE", "s", None, Some(end), "tests");
    assert_eq!(signer(&soon).runs_out(), end);
    let lasting = credentials(None);
    let quarter = Duration::from_secs(900);
    assert_eq!(
        signer(&lasting).runs_out(),
        SystemTime::UNIX_EPOCH + NOON + quarter
    );
}

/// Everything that goes into a MySQL token.
#[derive(Debug, Clone, PartialEq)]
struct Inputs {
    access: String,
    secret: String,
    session: String,
    region: String,
    host: String,
    port: u16,
    user: String,
    seconds: u32,
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let word = || "[A-Za-z0-9]{1,12}";
    let names = (
        word(),
        word(),
        "[A-Za-z0-9/+=]{1,30}",
        "[a-z]{2}-[a-z]{4}-[1-9]",
    );
    (
        names,
        "[a-z0-9.-]{1,20}",
        1_u16..,
        "[a-z_]{1,12}",
        any::<u32>(),
    )
        .prop_map(
            |((access, secret, session, region), host, port, user, seconds)| Inputs {
                access,
                secret,
                session,
                region,
                host,
                port,
                user,
                seconds,
            },
        )
}

fn token(inputs: &Inputs) -> String {
    let session = Some(inputs.session.clone());
    let credentials = Credentials::new(&inputs.access, &inputs.secret, session, None, "tests");
    let signer = Signer {
        credentials: &credentials,
        now: SystemTime::UNIX_EPOCH + Duration::from_secs(inputs.seconds.into()),
        region: &inputs.region,
    };
    let address = format!("{}:{}", inputs.host, inputs.port).parse().unwrap();
    let token = super::mysql::sign(signer, &address, &inputs.user).unwrap();
    token.text.expose().to_owned()
}

proptest! {
    #[test]
    fn a_token_depends_on_all_it_is_made_from_and_on_nothing_else(
        one in inputs(), other in inputs(), which in 0_usize..8,
    ) {
        prop_assert_eq!(token(&one), token(&one));
        let mut changed = one.clone();
        match which {
            0 => changed.access = other.access,
            1 => changed.secret = other.secret,
            2 => changed.session = other.session,
            3 => changed.region = other.region,
            4 => changed.host = other.host,
            5 => changed.port = other.port,
            6 => changed.user = other.user,
            _ => changed.seconds = other.seconds,
        }
        prop_assert_eq!(token(&changed) == token(&one), changed == one);
    }
}
