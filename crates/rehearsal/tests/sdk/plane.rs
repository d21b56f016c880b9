//! A data plane in memory, whose changes the test leads step by step.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;
use rlab_rehearsal::{
    Broker, DataPlane, DataPlaneError, Endpoint, Happened, LogFile, Mysql, NodeGroup, Progress,
    RedisNode, Role, Step, Topology, Zone,
};
use tokio::sync::{mpsc, oneshot};

use crate::processes::Processes;

type Told = (Result<Happened, DataPlaneError>, oneshot::Sender<()>);

/// Three brokers, MySQL with a standby, two Redis nodes.
pub struct Plane {
    topology: Mutex<Topology>,
    broken: AtomicBool,
    pub processes: Processes,
    begun: mpsc::UnboundedSender<Change>,
    changes: tokio::sync::Mutex<mpsc::UnboundedReceiver<Change>>,
}

/// A change that the front has asked for and now follows.
pub struct Change {
    /// What was asked for, for example `reboot broker 2`.
    pub what: String,
    steps: mpsc::UnboundedSender<Told>,
}

/// The only log file of MySQL.
pub const LOG: &str = "slowquery/mysql-slowquery.log";
/// What is in it.
pub const LOG_TEXT: &str = "# Query_time: 0.5\nSELECT a < b & c;\n";

impl Plane {
    pub fn new() -> Self {
        let (begun, changes) = mpsc::unbounded_channel();
        Self {
            topology: Mutex::new(topology()),
            broken: AtomicBool::new(false),
            processes: Processes::new(),
            begun,
            changes: tokio::sync::Mutex::new(changes),
        }
    }

    /// The next change that the front asks for.
    pub async fn change(&self) -> Change {
        self.changes
            .lock()
            .await
            .recv()
            .await
            .expect("the plane lives")
    }

    /// What was asked for and not yet taken by the test.
    pub async fn nothing_was_asked(&self) -> bool {
        self.changes.lock().await.try_recv().is_err()
    }

    pub fn alter(&self, change: impl FnOnce(&mut Topology)) {
        change(&mut self.topology.lock().unwrap());
    }

    /// From now on the servers cannot be asked.
    pub fn break_down(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    fn begin(&self, what: String) -> Progress {
        let (steps, told) = mpsc::unbounded_channel::<Told>();
        self.begun
            .send(Change { what, steps })
            .expect("the plane lives");
        let first: Option<oneshot::Sender<()>> = None;
        // A step counts as heard when the next one is asked for.
        stream::unfold((told, first), |(mut told, heard)| async move {
            if let Some(heard) = heard {
                let _ = heard.send(());
            }
            let (step, heard) = told.recv().await?;
            Some((step, (told, Some(heard))))
        })
        .boxed()
    }
}

impl Change {
    pub async fn killed(&self) -> Timestamp {
        self.tell(Step::Killed).await
    }

    pub async fn promoted(&self, from: &str, to: &str) -> Timestamp {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.tell(Step::Promoted { from, to }).await
    }

    pub async fn back(&self) -> Timestamp {
        self.tell(Step::Back).await
    }

    /// The servers fail; nothing comes after it.
    pub fn fail(self, why: &str) {
        let error = DataPlaneError::Failed {
            node: "server".to_owned(),
            why: why.to_owned(),
        };
        let _ = self.steps.send((Err(error), oneshot::channel().0));
    }

    /// Tells a step; returns when the front has heard of it.
    async fn tell(&self, step: Step) -> Timestamp {
        let at = Timestamp::now();
        let (heard, hearing) = oneshot::channel();
        let happened = Happened { at, step };
        self.steps
            .send((Ok(happened), heard))
            .expect("the front follows");
        hearing.await.expect("the front follows");
        at
    }
}

impl DataPlane for Plane {
    fn topology(&self) -> BoxFuture<'_, Result<Topology, DataPlaneError>> {
        let topology = match self.broken.load(Ordering::Relaxed) {
            true => Err(DataPlaneError::Unknown("lab".to_owned())),
            false => Ok(self.topology.lock().unwrap().clone()),
        };
        async move { topology }.boxed()
    }

    fn reboot_broker(&self, id: i32) -> Progress {
        self.begin(format!("reboot broker {id}"))
    }

    fn failover_mysql(&self) -> Progress {
        self.begin("fail mysql over".to_owned())
    }

    fn restart_mysql(&self) -> Progress {
        self.begin("restart mysql".to_owned())
    }

    fn failover_redis(&self, node_group: &str) -> Progress {
        self.begin(format!("fail {node_group} over"))
    }

    fn mysql_logs(&self) -> BoxFuture<'_, Result<Vec<LogFile>, DataPlaneError>> {
        let file = LogFile {
            name: LOG.to_owned(),
            size_bytes: LOG_TEXT.len() as u64,
            written_at: Timestamp::now(),
        };
        async move { Ok(vec![file]) }.boxed()
    }

    fn read_mysql_log<'a>(
        &'a self,
        _: &'a str,
        offset: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, DataPlaneError>> {
        let text = LOG_TEXT.as_bytes().iter().skip(offset as usize).take(limit);
        let text = text.copied().collect();
        async move { Ok(text) }.boxed()
    }
}

fn topology() -> Topology {
    let at = |zone: u8, port| Endpoint {
        host: format!("127.10.{zone}.1"),
        port,
    };
    let broker = |zone: u8| Broker {
        id: i32::from(zone),
        zone: Zone(zone),
        endpoint: at(zone, 19092),
        alive: true,
    };
    let node = |zone: u8, role| RedisNode {
        name: format!("redis-{zone}"),
        zone: Zone(zone),
        role,
        endpoint: at(zone, 16379),
        alive: true,
    };
    Topology {
        brokers: (1..=3).map(broker).collect(),
        mysql: Mysql {
            zone: Zone(1),
            standby_zone: Some(Zone(2)),
            endpoint: at(1, 13306),
            alive: true,
        },
        redis: vec![NodeGroup {
            name: "shard-1".to_owned(),
            primary: at(9, 16379),
            nodes: vec![node(1, Role::Primary), node(2, Role::Replica)],
        }],
    }
}
