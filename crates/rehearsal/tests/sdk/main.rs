//! The rehearsed API, spoken to by the SDKs that speak to AWS.

#[path = "../shared/backends.rs"]
mod backends;
mod ecs;
mod elasticache;
mod emulator;
mod emulators;
mod faults;
mod msk;
mod paper;
mod plane;
mod processes;
mod pushed;
mod rds;
mod terraform;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use rlab_rehearsal::{ControlClient, Front, FrontConfig, Upstreams};
use serde_json::Value;

use plane::Plane;

/// Account that is also the access key.
const ACCOUNT: &str = "123456789012";
/// Longest that a state may take to show.
const DEADLINE: Duration = Duration::from_secs(20);

/// An API: its name in signatures, and the prefix of its actions.
type Api = (&'static str, &'static str);

const LOGS: Api = ("logs", "Logs_20140328");

/// A front over a data plane in memory.
struct Stage {
    front: Front,
    plane: Arc<Plane>,
}

impl Stage {
    async fn open() -> Self {
        let emulator = emulator::start().await;
        Self::over(Upstreams {
            ministack: emulator,
            moto: emulator,
        })
        .await
    }

    async fn over(upstreams: Upstreams) -> Self {
        let plane = Arc::new(Plane::new());
        let config = FrontConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            account: ACCOUNT.to_owned(),
            token: "t0ken".to_owned(),
            upstreams,
            patience: DEADLINE,
        };
        let front = Front::start(config, plane.clone()).await.unwrap();
        Self { front, plane }
    }

    /// Configuration of an SDK whose caller is `access_key`; nothing is retried.
    async fn as_caller(&self, access_key: &str) -> SdkConfig {
        let credentials =
            aws_sdk_kafka::config::Credentials::new(access_key, "x", None, None, "test");
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(self.front.url())
            .retry_config(RetryConfig::disabled())
            .credentials_provider(credentials)
            .load()
            .await
    }

    async fn sdk(&self) -> SdkConfig {
        self.as_caller(ACCOUNT).await
    }

    /// Asks in awsJson, for services whose SDK is not worth its build.
    async fn ask(&self, (service, target): Api, action: &str, body: Value) -> Value {
        let scope = format!("Credential={ACCOUNT}/20260101/eu-west-1/{service}/aws4_request");
        let request = reqwest::Client::new()
            .post(self.front.url())
            .header("x-amz-target", format!("{target}.{action}"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("authorization", format!("AWS4-HMAC-SHA256 {scope}"));
        let answer = request.body(body.to_string()).send().await.unwrap();
        let told = answer.text().await.unwrap();
        serde_json::from_str(&told).unwrap_or_else(|_| panic!("{action}: {told}"))
    }

    fn control(&self) -> ControlClient {
        ControlClient::new(self.front.address(), "t0ken")
    }
}

/// Asks again until what is told is as expected.
async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::task::yield_now().await;
        }
    };
    let done = tokio::time::timeout(DEADLINE, asking).await;
    assert!(done.is_ok(), "{what} did not come about");
}
