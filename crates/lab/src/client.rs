//! Speaks to the supervisor of a running lab.

use std::collections::BTreeMap;
use std::time::Duration;

use rlab_contract::agent_config::Namespace;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::error::LabError;
use crate::home::LabDir;
use crate::protocol::{
    CrashBudget, Failover, LabEvent, LabStatus, NodeVerb, Request, Response, Service, Wanted,
};
use crate::socket;

/// Longest a request may take: a broker's graceful stop followed by a start fits well within.
const ANSWER_DEADLINE: Duration = Duration::from_secs(120);
/// Longest for what the supervisor knows by itself.
const PROMPT_DEADLINE: Duration = Duration::from_secs(5);

/// A client of one lab's supervisor. Each request uses a connection of its own.
#[derive(Debug, Clone)]
pub struct LabClient {
    dir: LabDir,
}

impl LabClient {
    /// A client of the lab in `dir`, once its supervisor was reached.
    ///
    /// # Errors
    /// [`LabError::NotRunning`] when no supervisor listens.
    pub async fn connect(dir: &LabDir) -> Result<Self, LabError> {
        socket::connect(&dir.socket())
            .await
            .map_err(|_| LabError::NotRunning(dir.name().to_owned()))?;
        Ok(Self { dir: dir.clone() })
    }

    /// The lab's directory.
    pub fn dir(&self) -> &LabDir {
        &self.dir
    }

    /// State of the lab and of every node.
    ///
    /// # Errors
    /// When the supervisor cannot be reached.
    pub async fn status(&self) -> Result<LabStatus, LabError> {
        match self.ask(&Request::Status).await? {
            Response::Status { status } => Ok(*status),
            other => Err(unexpected(&other)),
        }
    }

    /// Asks for the `wanted` nodes to be brought up; readiness is read from [`Self::status`].
    ///
    /// # Errors
    /// When the supervisor cannot be reached.
    pub async fn start_all(&self, wanted: Wanted) -> Result<(), LabError> {
        self.done(Request::StartAll { wanted }).await
    }

    /// Does `verb` to `node` and waits until it is done.
    ///
    /// # Errors
    /// When the node is unknown or the verb does not fit its state.
    pub async fn node(&self, node: &str, verb: NodeVerb) -> Result<(), LabError> {
        let node = node.to_owned();
        self.done(Request::Node { node, verb }).await
    }

    /// Arms a crash point of an agent.
    ///
    /// # Errors
    /// When the node is not an agent, or does not take the rule.
    pub async fn arm_crash(&self, node: &str, budget: CrashBudget) -> Result<(), LabError> {
        let node = node.to_owned();
        self.done(Request::ArmCrash { node, budget }).await
    }

    /// Takes the crash rule of an agent back.
    ///
    /// # Errors
    /// When the node is not an agent, or does not answer.
    pub async fn disarm_crash(&self, node: &str) -> Result<(), LabError> {
        let node = node.to_owned();
        self.done(Request::DisarmCrash { node }).await
    }

    /// Restarts an agent with other settings and namespace, and waits until it is ready.
    ///
    /// # Errors
    /// When the node is not an agent or does not become ready.
    pub async fn configure(
        &self,
        node: &str,
        settings: BTreeMap<String, serde_json::Value>,
        namespace: Option<Namespace>,
    ) -> Result<(), LabError> {
        self.done(Request::Configure {
            node: node.to_owned(),
            settings,
            namespace,
        })
        .await
    }

    /// Has `of` taken over: by the zone or node `to`, or by the one that is best placed. With
    /// `dry_run` only says what would be done.
    ///
    /// # Errors
    /// When nothing can take over, or it did not; what was begun is completed by the next `up`.
    pub async fn failover(
        &self,
        of: Service,
        to: Option<String>,
        dry_run: bool,
    ) -> Result<Failover, LabError> {
        match self.ask(&Request::Failover { of, to, dry_run }).await? {
            Response::FailedOver { failover } => Ok(failover),
            other => Err(unexpected(&other)),
        }
    }

    /// Cuts every connection of clients to the nodes of the kind with this word.
    ///
    /// # Errors
    /// When the lab has no such node.
    pub async fn cut(&self, kind: &str) -> Result<(), LabError> {
        let kind = kind.to_owned();
        self.done(Request::Cut { kind }).await
    }

    /// Events with a sequence above `after`.
    ///
    /// # Errors
    /// When the supervisor cannot be reached.
    pub async fn events(&self, after: u64) -> Result<Vec<LabEvent>, LabError> {
        match self.ask(&Request::Events { after }).await? {
            Response::Events { events } => Ok(events),
            other => Err(unexpected(&other)),
        }
    }

    /// Stops every node and the supervisor.
    ///
    /// # Errors
    /// When the supervisor cannot be reached.
    pub async fn shutdown(&self) -> Result<(), LabError> {
        self.done(Request::Shutdown).await
    }

    async fn done(&self, request: Request) -> Result<(), LabError> {
        match self.ask(&request).await? {
            Response::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    async fn ask(&self, request: &Request) -> Result<Response, LabError> {
        let stream = socket::connect(&self.dir.socket())
            .await
            .map_err(|_| LabError::NotRunning(self.dir.name().to_owned()))?;
        let deadline = match request {
            Request::Status | Request::Events { .. } | Request::Shutdown => PROMPT_DEADLINE,
            _ => ANSWER_DEADLINE,
        };
        let response = tokio::time::timeout(deadline, exchange(stream, request))
            .await
            .map_err(|_| LabError::Unresponsive(self.dir.name().to_owned(), deadline.as_secs()))?
            .map_err(|e| LabError::Supervisor(format!("connection lost: {e}")))?;
        match response {
            Response::Refused { message, hint } => Err(LabError::Refused { message, hint }),
            response => Ok(response),
        }
    }
}

async fn exchange(stream: UnixStream, request: &Request) -> std::io::Result<Response> {
    let (read, mut write) = stream.into_split();
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    write.write_all(&line).await?;
    let mut answer = String::new();
    if BufReader::new(read).read_line(&mut answer).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&answer)?)
}

fn unexpected(response: &Response) -> LabError {
    LabError::Supervisor(format!("answered something else than asked: {response:?}"))
}
