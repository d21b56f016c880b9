//! The agent's MySQL pool, which follows the endpoint when it moves and the token when it is renewed.

use rlab_store::connect::{open_pool, options_by_name, over_tls, with_token};
use rlab_store::{MySqlConnectOptions, MySqlPool};

use crate::Agent;
use crate::server::{Access, NoAccess, Server};

/// A pool for the agent's identity in its namespace, which the agent's readiness waits for.
pub fn pool(agent: &Agent, size: u32) -> MySqlPool {
    let pool = open(Server::mysql(agent), &agent.config.namespace.database, size);
    let asked = pool.clone();
    agent.ready.keep_asking("mysql", move || {
        let pool = asked.clone();
        async move { rlab_store::health::ping(&pool).await }
    });
    pool
}

/// A pool of at most `size` connections to `server`, in `database`. It exists before MySQL does; while
/// the endpoint has no address or there is no token, connecting fails as if nobody listened. A
/// connection keeps the token that it was made with: MySQL asks for it once.
pub fn open(server: Server, database: &str, size: u32) -> MySqlPool {
    let first = connect_options(&server, Some(database)).unwrap_or_else(|error| {
        tracing::info!(%error, "mysql cannot be reached yet");
        options_by_name(("127.0.0.1", 1), &server.user, "", Some(database))
    });
    let pool = open_pool(first, size);
    tokio::spawn(follow(server, database.to_owned(), pool.clone()));
    pool
}

async fn follow(mut server: Server, database: String, pool: MySqlPool) {
    loop {
        tokio::select! {
            () = server.addresses.changed() => {}
            () = server.access.renewed() => {}
            () = pool.close_event() => return,
        }
        if let Ok(options) = connect_options(&server, Some(&database)) {
            pool.set_connect_options(options);
        }
    }
}

/// How one connection is made now, into `database` or into none.
///
/// # Errors
/// [`NoAccess`] while the endpoint has no address or there is no token.
pub fn connect_options(
    server: &Server,
    database: Option<&str>,
) -> Result<MySqlConnectOptions, NoAccess> {
    let address = server.address()?;
    let secret = server.access.secret()?;
    let options = options_by_name(
        (address.host(), address.port()),
        &server.user,
        secret.expose(),
        database,
    );
    Ok(match (&server.access, server.access.roots()) {
        (_, None) => options,
        (Access::Password(..), Some(roots)) => over_tls(options, roots.pem()),
        (Access::Token(..), Some(roots)) => with_token(options, roots.pem()),
    })
}
