//! What all handlers share: the data plane, the backends, and what happened so far.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::request::Parts;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::FrontConfig;
use crate::data_plane::{DataPlane, DataPlaneError, Happened, Progress, Step, Topology};
use crate::ecs::{Books, TaskPlane};
use crate::elasticache::Failovers;
use crate::events::EventLog;
use crate::fault::Faults;
use crate::forward::Backend;
use crate::gaps::Notes;
use crate::kafka::Store;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::scope::Scope;
use crate::protocol::wire::Wire;
use crate::rds::Databases;
use crate::record::RequestLog;

/// The rehearsal's state. No lock is held across an await.
pub(crate) struct Rehearsal {
    pub(crate) config: FrontConfig,
    pub(crate) plane: Arc<dyn DataPlane>,
    pub(crate) processes: Arc<dyn TaskPlane>,
    pub(crate) backend: Backend,
    pub(crate) kafka: Mutex<Store>,
    pub(crate) ecs: Mutex<Books>,
    /// Tokens for the registry, as GetAuthorizationToken gave them.
    pub(crate) registry_tokens: Mutex<BTreeSet<String>>,
    pub(crate) failovers: Mutex<Failovers>,
    pub(crate) databases: Mutex<Databases>,
    pub(crate) events: Mutex<EventLog>,
    pub(crate) notes: Mutex<Notes>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) requests: Mutex<RequestLog>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// A request to a service, its body read.
pub(crate) struct Call {
    /// Request id.
    pub(crate) id: String,
    pub(crate) scope: Scope,
    pub(crate) action: String,
    pub(crate) wire: Wire,
    pub(crate) parts: Parts,
    pub(crate) form: Form,
    pub(crate) body: Bytes,
}

/// Takes a lock. A holder that panicked left at worst one request half-told.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rehearsal {
    pub(crate) fn new<P: DataPlane + TaskPlane>(config: FrontConfig, plane: Arc<P>) -> Self {
        Self {
            backend: Backend::new(config.upstreams),
            config,
            processes: plane.clone(),
            plane,
            kafka: Mutex::default(),
            ecs: Mutex::default(),
            registry_tokens: Mutex::default(),
            failovers: Mutex::default(),
            databases: Mutex::default(),
            events: Mutex::default(),
            notes: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Where the front listens, as a URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.config.listen)
    }

    /// The account of a caller: emulators take a key of twelve digits for an account.
    pub(crate) fn account(&self, access_key: &str) -> String {
        let digits = access_key.len() == 12 && access_key.bytes().all(|b| b.is_ascii_digit());
        match digits {
            true => access_key.to_owned(),
            false => self.config.account.clone(),
        }
    }

    /// The servers as they are now.
    pub(crate) async fn topology(&self) -> Result<Topology, Refusal> {
        match tokio::time::timeout(self.config.patience, self.plane.topology()).await {
            Ok(topology) => Ok(topology?),
            Err(_) => Err(Refusal::internal("the data plane does not answer")),
        }
    }

    /// The answer to something that a process was asked for, in time.
    pub(crate) async fn in_time<T>(
        &self,
        whose: &str,
        answer: impl Future<Output = Result<T, DataPlaneError>>,
    ) -> Result<T, DataPlaneError> {
        let answer = tokio::time::timeout(self.config.patience, answer).await;
        answer.unwrap_or_else(|_| {
            Err(DataPlaneError::Failed {
                node: whose.to_owned(),
                why: "the data plane does not answer".to_owned(),
            })
        })
    }

    /// Follows a change in the background: `told` hears of each step, `ended` of how it ended.
    ///
    /// A change that takes longer than the configured patience has failed, and so has one that does
    /// not end with [`Step::Back`] or is cut off because the front stops.
    pub(crate) fn follow(
        self: &Arc<Self>,
        progress: Progress,
        mut told: impl FnMut(&Rehearsal, &Happened) + Send + 'static,
        ended: impl FnOnce(&Rehearsal, Result<(), DataPlaneError>) + Send + 'static,
    ) {
        let rehearsal = Arc::clone(self);
        let cut_off = |why: &str| DataPlaneError::Failed {
            node: "the change".to_owned(),
            why: why.to_owned(),
        };
        self.tasks.spawn(async move {
            let steps = async {
                let (mut progress, mut last) = (progress, None);
                while let Some(happened) = progress.next().await {
                    let happened = happened?;
                    told(&rehearsal, &happened);
                    last = Some(happened.step);
                }
                match last {
                    Some(Step::Back) => Ok(()),
                    _ => Err(cut_off("ended without what was killed being back")),
                }
            };
            let result = tokio::select! {
                result = steps => result,
                () = tokio::time::sleep(rehearsal.config.patience) => Err(cut_off("took too long")),
                () = rehearsal.stop.cancelled() => Err(cut_off("the rehearsal was stopped")),
            };
            if let Err(error) = &result {
                tracing::warn!(%error, "a change of the data plane failed");
            }
            ended(&rehearsal, result);
        });
    }
}
