//! The agent's MySQL pool, which follows the endpoint when it moves.

use std::sync::Arc;

use rlab_contract::agent_config::AgentConfig;
use rlab_store::connect::{open_pool, options};
use rlab_store::{MySqlConnectOptions, MySqlPool};

use crate::Agent;
use crate::address::{AddressMap, UnknownEndpoint};

/// A pool for the agent's identity in its namespace, which the agent's readiness waits for. It
/// exists before MySQL does; while the endpoint has no address, connecting fails as if nobody
/// listened.
pub fn pool(agent: &Agent, size: u32) -> MySqlPool {
    let (config, addresses) = (&agent.config, &agent.addresses);
    let nowhere = ([127, 0, 0, 1], 1).into();
    let first = connect_options(config, addresses).unwrap_or_else(|error| {
        tracing::warn!(%error, "mysql has no address yet");
        with_address(config, nowhere)
    });
    let pool = open_pool(first, size);
    follow(config.clone(), addresses.clone(), pool.clone());
    let asked = pool.clone();
    agent.ready.keep_asking("mysql", move || {
        let pool = asked.clone();
        async move { rlab_store::health::ping(&pool).await }
    });
    pool
}

fn follow(config: Arc<AgentConfig>, mut addresses: AddressMap, pool: MySqlPool) {
    tokio::spawn(async move {
        loop {
            addresses.changed().await;
            if let Ok(options) = connect_options(&config, &addresses) {
                pool.set_connect_options(options);
            }
        }
    });
}

fn connect_options(
    config: &AgentConfig,
    addresses: &AddressMap,
) -> Result<MySqlConnectOptions, UnknownEndpoint> {
    let address = addresses.resolve(&config.mysql.endpoint)?;
    Ok(with_address(config, address))
}

fn with_address(config: &AgentConfig, address: std::net::SocketAddr) -> MySqlConnectOptions {
    let login = &config.mysql;
    options(
        address,
        &login.user,
        login.password.expose(),
        Some(&config.namespace.database),
    )
}
