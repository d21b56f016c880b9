//! Clients of the brokers that have proven who they are.

use rdkafka::ClientConfig;
use rlab_contract::address::Address;
use rlab_contract::login::security_protocol;

use super::super::Site;
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

/// A connection as `identity`.
///
/// # Errors
/// A text: what the broker or the system said.
pub async fn connect_as(
    site: &Site,
    address: impl Into<Address>,
    identity: &str,
) -> Result<Connection, String> {
    let shown = shown(site.spec.brokers().next(), &site.secrets.kafka, identity);
    let mut connection = Connection::open_as(&address.into(), shown.roots).await?;
    if let Some(user) = shown.user {
        connection.login(user, shown.password).await?;
    }
    Ok(connection)
}

/// What a Kafka client needs to know to be `identity`, by the brokers' proxy slots.
///
/// # Errors
/// When the lab has no such identity.
pub fn settings(site: &Site, identity: &str) -> Result<ClientConfig, LabError> {
    let shown = shown(site.spec.brokers().next(), &site.secrets.kafka, identity);
    let brokers = site.spec.brokers();
    let brokers: Vec<String> = brokers
        .map(|broker| broker.way(CLIENT).to_string())
        .collect();
    let protocol = security_protocol(shown.user.is_some(), shown.roots.is_some());
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", brokers.join(","))
        .set("security.protocol", protocol);
    if let Some(user) = shown.user {
        if shown.password.is_empty() {
            return Err(LabError::BadFile {
                path: site.dir.secrets(),
                reason: format!("has no Kafka password of `{user}`"),
            });
        }
        settings
            .set("sasl.mechanism", "SCRAM-SHA-512")
            .set("sasl.username", user)
            .set("sasl.password", shown.password);
    }
    if let Some(roots) = shown.roots {
        settings.set("ssl.endpoint.identification.algorithm", "https");
        if let Some(pem) = roots.pem() {
            settings.set("ssl.ca.pem", pem);
        }
    }
    Ok(settings)
}
