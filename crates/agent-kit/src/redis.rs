//! The agent's Redis connection: one, multiplexed, made again at the endpoint's current address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo,
    Pipeline, RedisConnectionInfo, RedisError,
};
use rlab_contract::agent_config::Login;

use crate::address::{AddressMap, UnknownEndpoint};
use crate::backoff::Backoff;

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Why a command got no answer.
#[derive(Debug, thiserror::Error)]
pub enum RedisUnavailable {
    /// The endpoint has no address.
    #[error(transparent)]
    Unknown(#[from] UnknownEndpoint),
    /// The connection or the command failed.
    #[error("redis: {0}")]
    Failed(#[from] RedisError),
    /// It failed a moment ago; no new try yet.
    #[error("redis: still away")]
    StillAway,
}

/// Redis as the agent's own user. Clones share one connection.
#[derive(Debug, Clone)]
pub struct Redis(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    addresses: AddressMap,
    login: Login,
    link: Mutex<Link>,
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    address: Option<std::net::SocketAddr>,
    backoff: Backoff,
    not_before: Option<Instant>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects at the first command.
    pub fn new(login: Login, addresses: AddressMap) -> Self {
        Self(Arc::new(Inner {
            addresses,
            login,
            link: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }))
    }

    /// Runs `command`. Fails at once while Redis is known to be away, so that callers are not held
    /// up by a cache.
    ///
    /// # Errors
    /// [`RedisUnavailable`], and the connection is made anew when it was at fault.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisUnavailable> {
        let mut connection = self.connection().await?;
        self.judged(command.query_async(&mut connection).await)
    }

    /// Runs all of `batch` in one round trip, as [`Self::query`] does one command.
    ///
    /// # Errors
    /// As [`Self::query`]; some of the commands may have run.
    pub async fn run(&self, batch: &Pipeline) -> Result<(), RedisUnavailable> {
        let mut connection = self.connection().await?;
        self.judged(batch.query_async(&mut connection).await)
    }

    fn judged<T>(&self, answer: Result<T, RedisError>) -> Result<T, RedisUnavailable> {
        answer.map_err(|error| {
            if error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() {
                self.failed();
            }
            error.into()
        })
    }

    /// Asks Redis for an answer.
    ///
    /// # Errors
    /// Why there was none.
    pub async fn ping(&self) -> Result<(), RedisUnavailable> {
        self.query::<String>(&redis::cmd("PING")).await.map(drop)
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisUnavailable> {
        let address = self.0.addresses.resolve(&self.0.login.endpoint)?;
        if let Some(ready) = self.current(address)? {
            return Ok(ready);
        }
        // One task connects, the others wait for it and then find the connection or the failure.
        let _turn = self.0.connecting.lock().await;
        if let Some(ready) = self.current(address)? {
            return Ok(ready);
        }
        match self.connect(address).await {
            Ok(connection) => {
                let mut link = self.link();
                *link = Link {
                    connection: Some(connection.clone()),
                    address: Some(address),
                    ..Link::default()
                };
                Ok(connection)
            }
            Err(error) => {
                self.failed();
                Err(error.into())
            }
        }
    }

    fn current(
        &self,
        address: std::net::SocketAddr,
    ) -> Result<Option<MultiplexedConnection>, RedisUnavailable> {
        let link = self.link();
        if link.address == Some(address)
            && let Some(connection) = &link.connection
        {
            return Ok(Some(connection.clone()));
        }
        match link.not_before {
            Some(moment) if Instant::now() < moment => Err(RedisUnavailable::StillAway),
            _ => Ok(None),
        }
    }

    async fn connect(
        &self,
        address: std::net::SocketAddr,
    ) -> Result<MultiplexedConnection, RedisError> {
        // No library name is sent: servers before 7.2 do not know that command.
        let identity = RedisConnectionInfo::default()
            .set_username(&self.0.login.user)
            .set_password(self.0.login.password.expose())
            .set_skip_set_lib_name();
        let target = ConnectionAddr::Tcp(address.ip().to_string(), address.port())
            .into_connection_info()?
            .set_redis_settings(identity);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        Client::open(target)?
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    fn failed(&self) {
        let mut link = self.link();
        link.connection = None;
        let wait = link.backoff.next_wait();
        link.not_before = Some(Instant::now() + wait);
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.0.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
