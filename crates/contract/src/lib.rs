//! What the agents agree on: Avro envelope, topics, the schema registry, agent configuration.

pub mod address;
pub mod agent_config;
pub mod compatibility;
pub mod envelope;
pub mod login;
pub mod partition;
pub mod registry;
pub mod topics;
pub mod wire;
