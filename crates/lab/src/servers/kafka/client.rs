//! Clients of the brokers that have proven who they are.

use rdkafka::ClientConfig;
use rlab_agent_kit::kafka::prove;
use rlab_contract::address::Address;

use super::super::Site;
use super::super::agent::kafka_proof;
use super::super::login::shown;
use crate::error::LabError;
use crate::kafka_wire::Connection;
use crate::layout::broker_listener::CLIENT;
use crate::secrets::ADMIN;

/// A connection as the lab's administrator.
///
/// # Errors
/// A text: what the broker or the system said.
pub async fn connect(site: &Site, address: impl Into<Address>) -> Result<Connection, String> {
    connect_as(site, address, ADMIN).await
}

/// A connection as `identity`. One that showed a token shows no second one: brokers end it when the first
/// runs out.
///
/// # Errors
/// A text: what the broker or the system said.
pub async fn connect_as(
    site: &Site,
    address: impl Into<Address>,
    identity: &str,
) -> Result<Connection, String> {
    let address = address.into();
    let shown = shown(site.spec.brokers().next(), &site.secrets.kafka, identity);
    let secret = shown.secret(site, &address).await?;
    let mut connection = Connection::open_as(&address, shown.roots).await?;
    match (shown.signing, shown.user) {
        (Some(_), _) => connection.login_by_token(&secret).await?,
        (None, Some(user)) => connection.login(user, secret.expose()).await?,
        (None, None) => {}
    }
    Ok(connection)
}

/// What a Kafka client needs to know to be `identity`, by the brokers' proxy slots. Where tokens are shown it
/// also needs a context that has them: see [`super::consumer`].
///
/// # Errors
/// When the lab has no such identity.
pub fn settings(site: &Site, identity: &str) -> Result<ClientConfig, LabError> {
    let shown = shown(site.spec.brokers().next(), &site.secrets.kafka, identity);
    if let (None, Some(user), "") = (shown.signing, shown.user, shown.password) {
        return Err(LabError::BadFile {
            path: site.dir.secrets(),
            reason: format!("has no Kafka password of `{user}`"),
        });
    }
    let brokers = site.spec.brokers();
    let brokers: Vec<String> = brokers
        .map(|broker| broker.way(CLIENT).to_string())
        .collect();
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", brokers.join(","));
    prove(&mut settings, &kafka_proof(shown));
    Ok(settings)
}
