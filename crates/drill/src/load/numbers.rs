//! Numbers written to Redis: under each key one more each time, so that what is there in the end tells
//! whether anything that was acknowledged is not.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use redis::RedisError;
use redis::aio::MultiplexedConnection;
use rlab_ledger::WriteAnswer;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Opens a connection to whoever is the primary now, or says why not.
pub type Dial =
    Arc<dyn Fn() -> BoxFuture<'static, Result<MultiplexedConnection, String>> + Send + Sync>;

/// Two writes of a key on two connections may arrive in either order: the greater number stays.
const RAISE: &str = "\
    local there = tonumber(redis.call('GET', KEYS[1]) or '0') \
    if tonumber(ARGV[1]) > there then redis.call('SET', KEYS[1], ARGV[1]) end \
    return 1";

/// Writes over one connection, which is made again wherever the primary is once it has failed.
pub(super) struct Writer {
    dial: Dial,
    timeout: Duration,
    link: Mutex<Option<MultiplexedConnection>>,
    written: std::sync::Mutex<HashMap<String, u64>>,
}

/// Why a write has no acknowledgement.
enum Failure {
    Dial(String),
    Redis(RedisError),
    TimedOut,
}

impl Writer {
    pub(super) fn new(dial: Dial, timeout: Duration) -> Self {
        Self {
            dial,
            timeout,
            link: Mutex::default(),
            written: std::sync::Mutex::default(),
        }
    }

    /// The number to write next under `key`, from 1.
    pub(super) fn next_number(&self, key: &str) -> u64 {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let number = written.entry(key.to_owned()).or_default();
        *number += 1;
        *number
    }

    /// Writes once.
    pub(super) async fn write(self: Arc<Self>, key: String, number: u64) -> WriteAnswer {
        let attempt = timeout(self.timeout, self.attempt(&key, number)).await;
        let Err(failure) = attempt.unwrap_or(Err(Failure::TimedOut)) else {
            return WriteAnswer::Acknowledged;
        };
        // One that became a replica refuses on a connection that is sound: that one is left, too.
        *self.link.lock().await = None;
        match failure {
            Failure::TimedOut => WriteAnswer::Unknown {
                why: "timed out".to_owned(),
            },
            Failure::Dial(why) => WriteAnswer::Unknown { why },
            Failure::Redis(error) => told(&error),
        }
    }

    async fn attempt(&self, key: &str, number: u64) -> Result<(), Failure> {
        let mut connection = self.connection().await.map_err(Failure::Dial)?;
        let mut raise = redis::cmd("EVAL");
        raise.arg(RAISE).arg(1).arg(key).arg(number);
        let raised = raise.query_async::<()>(&mut connection).await;
        raised.map_err(Failure::Redis)
    }

    /// The connection there is; whoever finds none makes one while the others wait.
    async fn connection(&self) -> Result<MultiplexedConnection, String> {
        let mut link = self.link.lock().await;
        match link.as_ref() {
            Some(connection) => Ok(connection.clone()),
            None => Ok(link.insert((self.dial)().await?).clone()),
        }
    }
}

fn told(error: &RedisError) -> WriteAnswer {
    let why = error.to_string();
    match error.is_io_error() || error.is_timeout() || error.is_unrecoverable_error() {
        true => WriteAnswer::Unknown { why },
        false => WriteAnswer::Refused { why },
    }
}
