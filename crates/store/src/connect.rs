//! How connections are made: identity, protection, isolation level, time zone, timeouts.

use std::time::Duration;

use sqlx::mysql::{
    MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions, MySqlSslMode,
};
use sqlx::{ConnectOptions, Connection, Executor};

use crate::StoreError;

/// Longest wait for a new or free connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection that was used within this time is taken to be alive.
pub const FRESH: Duration = Duration::from_secs(1);

/// READ COMMITTED takes no gap locks, so transactions meet only on rows they both want. A lock wait
/// ends well before a client gives up.
const SESSION: &str = "SET SESSION transaction_isolation = 'READ-COMMITTED', \
                       SESSION innodb_lock_wait_timeout = 5";

/// Options for `user` at a host that is looked up for every connection, unprotected; with a `database`, every
/// session starts in it.
pub fn options_by_name(
    (host, port): (&str, u16),
    user: &str,
    password: &str,
    database: Option<&str>,
) -> MySqlConnectOptions {
    let options = MySqlConnectOptions::new()
        .host(host)
        .port(port)
        .username(user)
        .password(password)
        .ssl_mode(MySqlSslMode::Disabled)
        .timezone(Some("+00:00".to_owned()))
        .disable_statement_logging();
    match database {
        Some(name) => options.database(name),
        None => options,
    }
}

/// TLS or no connection. The server has to show a certificate for the very host of `options`, from an
/// authority that the system trusts or from `ca` (one certificate, PEM).
pub fn over_tls(options: MySqlConnectOptions, ca: Option<&str>) -> MySqlConnectOptions {
    let options = options.ssl_mode(MySqlSslMode::VerifyIdentity);
    match ca {
        Some(pem) => options.ssl_ca_from_pem(pem.as_bytes().to_vec()),
        None => options,
    }
}

/// As [`over_tls`], and what stands as password is a token: RDS asks for it as it is
/// (`mysql_clear_password`), which is why there is no way to this without TLS.
pub fn with_token(options: MySqlConnectOptions, ca: Option<&str>) -> MySqlConnectOptions {
    over_tls(options, ca).enable_cleartext_plugin(true)
}

/// A pool of at most `size` connections, opened on demand: MySQL may still be away. A connection that was
/// not used for [`FRESH`] is asked for a sign of life before it is given out: after a failover none of the
/// old ones leads anywhere. One in steady use is not, which would be a round trip for each transaction.
pub fn open_pool(options: MySqlConnectOptions, size: u32) -> MySqlPool {
    MySqlPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(CONNECT_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                match known.idle_for < FRESH {
                    true => Ok(true),
                    // One that does not answer is closed, and the next one taken.
                    false => connection.ping().await.map(|()| true),
                }
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SESSION).await.map(drop) })
        })
        .connect_lazy_with(options)
}

/// One connection, for administration and for long reads.
///
/// # Errors
/// [`StoreError::Unavailable`] when MySQL does not answer within [`CONNECT_TIMEOUT`].
pub async fn open_one(options: &MySqlConnectOptions) -> Result<MySqlConnection, StoreError> {
    let connect = async {
        let mut connection = options.connect().await?;
        connection.execute(SESSION).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, connect).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(StoreError::Unavailable(format!(
            "no connection within {} s",
            CONNECT_TIMEOUT.as_secs()
        ))),
    }
}
