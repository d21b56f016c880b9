//! What the agents agree on: Avro envelope, topics, the schema registry, agent configuration.

pub mod agent_config;
pub mod compatibility;
pub mod envelope;
pub mod partition;
pub mod registry;
pub mod topics;
pub mod wire;
