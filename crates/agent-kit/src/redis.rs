//! The agent's Redis connection: one, multiplexed, made again at the endpoint's current address. With
//! tokens it proves itself anew whenever one is renewed, since ElastiCache ends connections that have
//! not done so for twelve hours.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo,
    Pipeline, RedisConnectionInfo, RedisError, RedisResult, TlsCertificates,
};
use rlab_contract::address::Address;
use rlab_contract::login::{Roots, Secret};

use crate::backoff::Backoff;
use crate::server::{Access, NoAccess, Server};

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Why a command got no answer.
#[derive(Debug, thiserror::Error)]
pub enum RedisUnavailable {
    /// It cannot even be tried.
    #[error(transparent)]
    NoAccess(#[from] NoAccess),
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
    server: Server,
    link: Mutex<Link>,
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    address: Option<Address>,
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
    pub fn new(server: Server) -> Self {
        let redis = Self(Arc::new(Inner {
            server,
            link: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }));
        let access = &redis.0.server.access;
        if let Access::Token(..) = access {
            tokio::spawn(prove_anew(Arc::downgrade(&redis.0), access.clone()));
        }
        redis
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
        let server = &self.0.server;
        let address = server.address().map_err(NoAccess::from)?;
        if let Some(ready) = self.current(&address)? {
            return Ok(ready);
        }
        // One task connects, the others wait for it and then find the connection or the failure.
        let _turn = self.0.connecting.lock().await;
        if let Some(ready) = self.current(&address)? {
            return Ok(ready);
        }
        let secret = server.access.secret().map_err(NoAccess::from)?;
        match connect(server, &address, &secret).await {
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
        address: &Address,
    ) -> Result<Option<MultiplexedConnection>, RedisUnavailable> {
        let link = self.link();
        if link.address.as_ref() == Some(address)
            && let Some(connection) = &link.connection
        {
            return Ok(Some(connection.clone()));
        }
        match link.not_before {
            Some(moment) if Instant::now() < moment => Err(RedisUnavailable::StillAway),
            _ => Ok(None),
        }
    }

    /// Shows the secret of this moment on the connection there is. One that Redis does not take
    /// leaves the connection as it was, with what it had proved before.
    async fn authenticate(&self) {
        let Some(mut connection) = self.link().connection.clone() else {
            return;
        };
        let Ok(secret) = self.0.server.access.secret() else {
            return;
        };
        let mut command = redis::cmd("AUTH");
        command.arg(&self.0.server.user).arg(secret.expose());
        match self.judged(command.query_async::<()>(&mut connection).await) {
            Ok(()) => tracing::debug!("proved anew to redis"),
            Err(error) => tracing::warn!(%error, "not proved anew to redis"),
        }
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

async fn prove_anew(redis: Weak<Inner>, mut access: Access) {
    loop {
        access.renewed().await;
        let Some(inner) = redis.upgrade() else { return };
        Redis(inner).authenticate().await;
    }
}

/// The host name is looked up here, within [`CONNECT_WITHIN`].
async fn connect(
    server: &Server,
    address: &Address,
    secret: &Secret,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_WITHIN))
        .set_response_timeout(Some(ANSWER_WITHIN));
    let login = Some((server.user.as_str(), secret));
    client(address, login, server.access.roots())?
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// How connections are made to the server at `address`, by whoever `login` names: user and secret, or nobody.
/// Over TLS where `roots` vouch for the server, which then has to show a certificate for that very host.
///
/// # Errors
/// When address or certificate cannot be used.
pub fn client(
    address: &Address,
    login: Option<(&str, &Secret)>,
    roots: Option<&Roots>,
) -> RedisResult<Client> {
    // No library name is sent: servers before 7.2 do not know that command.
    let mut identity = RedisConnectionInfo::default().set_skip_set_lib_name();
    if let Some((user, secret)) = login {
        identity = identity.set_username(user).set_password(secret.expose());
    }
    let (host, port) = (address.host().to_owned(), address.port());
    let Some(roots) = roots else {
        let plain = ConnectionAddr::Tcp(host, port).into_connection_info()?;
        return Client::open(plain.set_redis_settings(identity));
    };
    // One that is there already is as good: redis wants one, whichever it is.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let protected = ConnectionAddr::TcpTls {
        host,
        port,
        insecure: false,
        tls_params: None,
    };
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: roots.pem().map(|pem| pem.as_bytes().to_vec()),
    };
    let protected = protected.into_connection_info()?;
    Client::build_with_tls(protected.set_redis_settings(identity), certificates)
}
