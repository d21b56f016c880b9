//! Clients that connect to Kafka's brokers and stay, and try again when they are cut.
//!
//! A client is connected once its broker has answered the protocol's smallest question, ApiVersions, which
//! every listener answers before a login. It then only listens, until the connection ends.

use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt;
use rlab_ledger::{ConnectAnswer, Exchange, Operation};
use rlab_runbook::Retry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use super::generator::Load;
use super::handle::Counters;

/// ApiVersions, version 0, of a client without a name: size, key, version, correlation id, name.
const API_VERSIONS: [u8; 14] = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
/// Largest answer: there are about a hundred requests of six bytes each.
const MOST_BYTES: u32 = 64 << 10;
/// Bounds of the random wait before a try. The first is so long that seven hundred clients of one broker stay
/// below a hundred connections a second.
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(40);

/// Whom clients connect to, and how.
#[derive(Debug, Clone)]
pub struct Connections {
    /// The brokers; as many clients to each.
    pub brokers: Vec<SocketAddrV4>,
    /// How a connection is tried again.
    pub retry: Retry,
    /// How long a client waits for a broker's first answer.
    pub within: Duration,
}

/// Runs every client until the load is stopped.
pub(super) async fn drive(
    load: &Load,
    clients: &Connections,
    counters: &Arc<Counters>,
    stop: &tokio_util::sync::CancellationToken,
    history: mpsc::Sender<Operation>,
) {
    counters.held.expect(u64::from(load.keys));
    let under_way = TaskTracker::new();
    for number in 0..load.keys {
        let Some(broker) = clients
            .brokers
            .get(number as usize % clients.brokers.len().max(1))
        else {
            break;
        };
        let client = Client {
            name: format!("{}-{number}", load.key_prefix),
            broker: (*broker).into(),
            how: clients.clone(),
            epoch: load.epoch,
            counters: counters.clone(),
            history: history.clone(),
        };
        let first = Duration::from_secs_f64(f64::from(number) / load.rate_per_s);
        let stop = stop.clone();
        under_way.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = client.stay(first) => {}
            }
        });
    }
    drop(history);
    under_way.close();
    under_way.wait().await;
}

struct Client {
    name: String,
    broker: SocketAddr,
    how: Connections,
    epoch: Instant,
    counters: Arc<Counters>,
    history: mpsc::Sender<Operation>,
}

impl Client {
    /// Connects after `first`, and again whenever it is not connected.
    async fn stay(self, first: Duration) {
        sleep(first).await;
        let mut failures = 0;
        loop {
            let begun_us = self.now_us();
            let connecting = timeout(self.how.within, connect(self.broker)).await;
            let connected = connecting.unwrap_or_else(|_| Err("not answered in time".to_owned()));
            let answer = match &connected {
                Ok(_) => ConnectAnswer::Answered,
                Err(why) => ConnectAnswer::Failed { why: why.clone() },
            };
            if !self.record(begun_us, answer).await {
                return;
            }
            if let Ok(stream) = connected {
                failures = 0;
                self.counters.held.gained(self.now_us());
                until_it_ends(stream).await;
                self.counters.held.lost(self.now_us());
            }
            match self.how.retry {
                Retry::Immediate => tokio::task::yield_now().await,
                Retry::FullJitter => sleep(full_jitter(failures)).await,
            }
            failures += 1;
        }
    }

    /// False when nobody keeps the history any more.
    async fn record(&self, begun_us: u64, answer: ConnectAnswer) -> bool {
        self.counters
            .sent
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let now_us = self.now_us();
        let answered_us = (answer == ConnectAnswer::Answered).then_some(now_us);
        let exchange = Exchange::Connect { answer };
        self.counters.count(&exchange, now_us);
        let operation = Operation {
            key: self.name.clone(),
            intended_us: begun_us,
            sent_us: begun_us,
            answered_us,
            exchange,
        };
        self.history.send(operation).await.is_ok()
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

async fn connect(broker: SocketAddr) -> Result<TcpStream, String> {
    let asking = async {
        let mut stream = TcpStream::connect(broker).await?;
        stream.write_all(&API_VERSIONS).await?;
        let size = stream.read_u32().await?;
        if size > MOST_BYTES {
            return Err(std::io::Error::other("the answer is none of Kafka's"));
        }
        let mut answer = vec![0; size as usize];
        stream.read_exact(&mut answer).await?;
        Ok(stream)
    };
    asking.await.map_err(|error| error.to_string())
}

async fn until_it_ends(mut stream: TcpStream) {
    let mut unasked = [0; 64];
    while matches!(stream.read(&mut unasked).await, Ok(1..)) {}
}

/// A random part of a time that doubles with each failure.
fn full_jitter(failures: u32) -> Duration {
    let bound = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures));
    bound.min(LONGEST_WAIT).mul_f64(rand::rng().random::<f64>())
}
