//! A consumer of librdkafka's that logs in by password or by token.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rlab_agent_kit::kafka::as_shown;
use rlab_agent_kit::ready::Readiness;
use rlab_agent_kit::token::Tokens;
use rlab_contract::address::Address;
use tokio::runtime::Handle;

use super::super::Site;
use super::super::login::shown;
use super::client::settings;
use crate::error::LabError;
use crate::layout::broker_listener::CLIENT;
use crate::spec::Signing;

/// Longest wait for the first signature, and then for librdkafka to take it.
const TOKEN_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Has the tokens that a client shows, if it shows any; they are renewed while it is polled.
pub struct Bearer {
    tokens: Option<Tokens>,
    shown: AtomicBool,
}

impl ClientContext for Bearer {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let tokens = self.tokens.as_ref().ok_or("no tokens are shown here")?;
        let token = as_shown(&tokens.current()?)?;
        self.shown.store(true, Ordering::Release);
        Ok(token)
    }
}

impl ConsumerContext for Bearer {}

/// A consumer that is `identity` in `group`, with `more` settings, by the brokers' proxy slots. It blocks: for
/// a thread of a runtime on which that is allowed.
///
/// # Errors
/// When the lab has no such identity, no token could be signed, or librdkafka refuses a setting.
pub fn consumer(
    site: &Site,
    identity: &str,
    group: &str,
    more: &[(&str, &str)],
) -> Result<BaseConsumer<Bearer>, LabError> {
    let mut settings = settings(site, identity)?;
    settings.set("group.id", group);
    for (name, value) in more {
        settings.set(*name, *value);
    }
    let failed = |why: String| LabError::Pipeline(format!("kafka: {why}"));
    let bearer = Bearer {
        tokens: tokens(site, identity).map_err(failed)?,
        shown: AtomicBool::new(false),
    };
    let made = settings.create_with_context(bearer);
    let consumer: BaseConsumer<Bearer> = made.map_err(|e| failed(e.to_string()))?;
    hand_over(&consumer);
    Ok(consumer)
}

/// Tokens for the brokers, the first of them signed; none where none are shown.
fn tokens(site: &Site, identity: &str) -> Result<Option<Tokens>, String> {
    let broker = site.spec.brokers().next();
    let shown = shown(broker, &site.secrets.kafka, identity);
    let Some((signing, broker)) = shown.signing.cloned().zip(broker) else {
        return Ok(None);
    };
    let address = broker.way(CLIENT);
    Handle::current().block_on(async {
        // The cause of a failure is told here; later ones are tried again.
        let first = shown.secret(site, &address);
        let first = tokio::time::timeout(TOKEN_WITHIN, first).await;
        first.map_err(|_| "no signature within 10 s".to_owned())??;
        let mut tokens = keep(site, signing, address);
        let signed = tokio::time::timeout(TOKEN_WITHIN, tokens.renewed()).await;
        signed.map_err(|_| "no signature within 10 s".to_owned())?;
        Ok(Some(tokens))
    })
}

fn keep(site: &Site, signing: Signing, address: Address) -> Tokens {
    let signer = Arc::clone(&site.signer);
    Tokens::keep(&Readiness::default(), "kafka token", move || {
        let (signer, signing, address) = (Arc::clone(&signer), signing.clone(), address.clone());
        async move { signer.sign(&signing, &address).await }
    })
}

/// Lets librdkafka ask for the first token, which it does only while it is polled: whoever asks a broker
/// before that waits in vain. Nothing is assigned yet, so that nothing is read.
fn hand_over(consumer: &BaseConsumer<Bearer>) {
    let bearer = consumer.context();
    let end = Instant::now() + TOKEN_WITHIN;
    while bearer.tokens.is_some() && !bearer.shown.load(Ordering::Acquire) && Instant::now() < end {
        // What there is to say about brokers that are away is said again to who asks them.
        let _ = consumer.poll(LOOK_EVERY);
    }
}
