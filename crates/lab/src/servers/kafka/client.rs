//! Clients of the brokers that have proven who they are.

use std::net::SocketAddrV4;

use rdkafka::ClientConfig;

use super::super::Site;
use crate::error::LabError;
use crate::kafka_wire::Connection;
use crate::layout::broker_listener::CLIENT;
use crate::secrets::ADMIN;

/// A connection as the lab's administrator.
///
/// # Errors
/// A text: what the broker or the system said.
pub async fn connect(site: &Site, address: SocketAddrV4) -> Result<Connection, String> {
    connect_as(site, address, ADMIN).await
}

/// A connection as `identity`.
///
/// # Errors
/// A text: what the broker or the system said.
pub async fn connect_as(
    site: &Site,
    address: SocketAddrV4,
    identity: &str,
) -> Result<Connection, String> {
    let mut connection = Connection::open(address).await?;
    let password = site.secrets.kafka.get(identity).map_or("", String::as_str);
    connection.login(identity, password).await?;
    Ok(connection)
}

/// What a Kafka client needs to know to be `identity`, by the brokers' proxy slots.
///
/// # Errors
/// When the lab has no such identity.
pub fn settings(site: &Site, identity: &str) -> Result<ClientConfig, LabError> {
    let password = site.secrets.kafka.get(identity);
    let password = password.ok_or_else(|| LabError::BadFile {
        path: site.dir.secrets(),
        reason: format!("has no Kafka password of `{identity}`"),
    })?;
    let brokers = site.spec.brokers();
    let brokers: Vec<String> = brokers
        .map(|broker| broker.front_address(CLIENT).to_string())
        .collect();
    let mut settings = ClientConfig::new();
    settings
        .set("bootstrap.servers", brokers.join(","))
        .set("security.protocol", "SASL_PLAINTEXT")
        .set("sasl.mechanism", "SCRAM-SHA-512")
        .set("sasl.username", identity)
        .set("sasl.password", password);
    Ok(settings)
}
