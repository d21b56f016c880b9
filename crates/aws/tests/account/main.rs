//! What is asked of AWS by the SDK, against the rehearsed API and against answers written here.

#[path = "../../../rehearsal/tests/shared/backends.rs"]
mod backends;
mod by_tag;
mod calls;
mod emulators;
mod events;
mod failovers;
mod left;
mod login;
mod making;
mod quotas;
mod removal;
mod roles;
mod store;
mod stub;
mod tasks;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use rlab_aws::account::{Account, AccountError, Bounds, Given, Journal, Place};
use rlab_rehearsal::{
    Container, ControlClient, DataPlane, DataPlaneError, Fault, Front, FrontConfig, LogFile,
    Progress, Requests, Running, TaskPlane, TaskSteps, Topology, Upstreams,
};
use serde_json::Value;
use tempfile::TempDir;

use stub::{Answer, Asked, Stub};

/// Account that is also the access key.
const ACCOUNT: &str = "123456789012";
const SECRET: &str = "rehearsal-Only-1";
const REGION: &str = "eu-west-1";

/// Bounds that a test can wait for.
fn bounds() -> Bounds {
    Bounds {
        pace: Duration::from_millis(10),
        // Room for some questions, of which there are five a second at most.
        log_settle: Duration::from_secs(3),
        removal: Duration::from_secs(30),
        ..Bounds::default()
    }
}

fn place(endpoint: String) -> Place {
    Place {
        region: Some(REGION.to_owned()),
        endpoint: Some(endpoint),
        credentials: Some(Given {
            key: ACCOUNT.to_owned(),
            secret: SECRET.to_owned(),
        }),
        bounds: bounds(),
        ..Place::default()
    }
}

/// A directory with a journal.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("aws.jsonl")
    }

    fn journal(&self) -> Journal {
        Journal::open(&self.path()).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }

    /// The lines of one operation.
    fn lines(&self, operation: &str) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines
            .filter(|line: &Value| line["operation"] == operation)
            .collect()
    }
}

/// The rehearsed API, with answers of the test where an emulator would be.
struct Stage {
    front: Front,
    scratch: Scratch,
}

impl Stage {
    async fn open(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let stub = Stub::start(answer).await;
        Self::over(Upstreams {
            ministack: stub.address,
            moto: stub.address,
        })
        .await
    }

    async fn over(upstreams: Upstreams) -> Self {
        let config = FrontConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            account: ACCOUNT.to_owned(),
            token: "t0ken".to_owned(),
            upstreams,
            patience: Duration::from_secs(5),
        };
        let front = Front::start(config, Arc::new(NoServers)).await.unwrap();
        let scratch = Scratch::new();
        Self { front, scratch }
    }

    async fn connect(&self) -> Result<Account, AccountError> {
        self.connect_within(bounds()).await
    }

    async fn connect_within(&self, bounds: Bounds) -> Result<Account, AccountError> {
        let place = Place {
            bounds,
            ..place(self.front.url())
        };
        Account::connect(place, self.scratch.journal()).await
    }

    async fn faults(&self, faults: &[Fault]) {
        let control = ControlClient::new(self.front.address(), "t0ken");
        control.set_faults(faults).await.unwrap();
    }
}

/// An account over answers of the test, with nothing between.
async fn direct(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> (Account, Scratch) {
    let stub = Stub::start(answer).await;
    let scratch = Scratch::new();
    let place = place(format!("http://{}", stub.address));
    let account = Account::connect(place, scratch.journal()).await.unwrap();
    (account, scratch)
}

/// Requests for one action.
fn of(action: &str) -> Requests {
    Requests {
        action: Some(action.to_owned()),
        ..Requests::default()
    }
}

/// A rehearsal whose servers nobody asks for.
struct NoServers;

impl DataPlane for NoServers {
    fn topology(&self) -> BoxFuture<'_, Result<Topology, DataPlaneError>> {
        async { Err(DataPlaneError::Unknown("lab".to_owned())) }.boxed()
    }

    fn reboot_broker(&self, _: i32) -> Progress {
        stream::empty().boxed()
    }

    fn failover_mysql(&self) -> Progress {
        stream::empty().boxed()
    }

    fn restart_mysql(&self) -> Progress {
        stream::empty().boxed()
    }

    fn failover_redis(&self, _: &str) -> Progress {
        stream::empty().boxed()
    }

    fn mysql_logs(&self) -> BoxFuture<'_, Result<Vec<LogFile>, DataPlaneError>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn read_mysql_log<'a>(
        &'a self,
        _: &'a str,
        _: u64,
        _: usize,
    ) -> BoxFuture<'a, Result<Vec<u8>, DataPlaneError>> {
        async { Ok(Vec::new()) }.boxed()
    }
}

impl TaskPlane for NoServers {
    fn follow(&self, _: &str) -> TaskSteps {
        stream::pending().boxed()
    }

    fn limit(&self, _: &str) -> u32 {
        0
    }

    fn scale<'a>(
        &'a self,
        service: &'a str,
        _: &'a Container,
        _: u32,
    ) -> BoxFuture<'a, Result<(), DataPlaneError>> {
        async { Err(DataPlaneError::Unknown(service.to_owned())) }.boxed()
    }

    fn run(&self, container: Container) -> BoxFuture<'_, Result<Running, DataPlaneError>> {
        async { Err(DataPlaneError::Unknown(container.name)) }.boxed()
    }

    fn stop<'a>(&'a self, instance: &'a str) -> BoxFuture<'a, Result<(), DataPlaneError>> {
        async { Err(DataPlaneError::Unknown(instance.to_owned())) }.boxed()
    }
}
