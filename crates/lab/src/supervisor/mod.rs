//! The supervisor: one background process per lab that owns its nodes, its proxy slots and the
//! crash budgets, so that a command line may come and go.

mod budget;
mod cast;
mod cut;
mod events;
mod failover;
mod node;
mod process;
mod proxy;
mod resources;
mod server;
mod theirs;

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use fs4::FileExt;
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::error::LabError;
use crate::home::LabDir;
use crate::processes::{self, Found, SUPERVISOR};
use crate::protocol::{LabStatus, NodeEvent, NodeStatus, NodeVerb, PipelineStatus, Wanted};
use crate::servers::Site;
use crate::socket;
use crate::spec::{NodeKind, NodeSpec};
use crate::status::placed;

use cast::Cast;
use cut::Cuts;
use events::EventLog;
pub(crate) use node::initial_status;
use node::{Actor, Message, Node, NodeRequest, Reply};
use process::Process;
use proxy::Slots;
use theirs::Watch;

/// Agents of a dead supervisor may serve a drill that died with it; they get this long to end.
const AGENT_GRACE: Duration = Duration::from_secs(3);

/// The lab as its supervisor holds it.
pub(crate) struct Lab {
    site: Arc<Site>,
    events: Arc<EventLog>,
    nodes: BTreeMap<String, Handle>,
    pipeline: watch::Receiver<PipelineStatus>,
    cast: Arc<Cast>,
    cuts: Cuts,
    /// Held by a failover: one at a time, and none when the lab ends.
    turn: tokio::sync::Mutex<()>,
    /// Set when the lab is to end.
    ending: CancellationToken,
}

/// One node, seen from outside its task.
struct Handle {
    inbox: mpsc::Sender<Message>,
    status: watch::Receiver<NodeStatus>,
    within_reach: watch::Receiver<bool>,
}

/// Runs the supervisor of the lab in `dir` until it is told to end.
///
/// # Errors
/// When another supervisor runs, an address cannot be bound or the lab's files cannot be read.
pub async fn supervise(dir: LabDir) -> Result<(), LabError> {
    // Out of the caller's session, so that no terminal's end or Ctrl-C reaches the lab.
    let _ = rustix::process::setsid();
    let _lock = lock(&dir)?;
    let site = Arc::new(Site::load(dir)?);
    let found = take_over(&site).await;
    let cast = Arc::new(Cast::open(&site.dir, &site.spec.nodes)?);
    let lab = Arc::new(Lab::start(site, cast, &found)?);
    let slots = lab.open_slots().await?;
    let listener = socket::listen(&lab.site.dir.socket())
        .map_err(|e| LabError::io(lab.site.dir.socket(), e))?;
    let serving = tokio::spawn(server::serve(listener, Arc::clone(&lab)));
    wait_for_end(&lab.ending).await;
    lab.stop_in_order().await;
    slots.close().await;
    let _ = std::fs::remove_file(lab.site.dir.socket());
    serving.abort();
    Ok(())
}

/// Holds the lab's lock for the life of the supervisor; the kernel lets go of it however we end.
fn lock(dir: &LabDir) -> Result<File, LabError> {
    let path = dir.lock();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| LabError::io(&path, e))?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(fs4::TryLockError::WouldBlock) => Err(LabError::Supervisor(
            "another supervisor runs this lab".into(),
        )),
        Err(fs4::TryLockError::Error(e)) => Err(LabError::io(&path, e)),
    }
}

/// Ends what an earlier supervisor left that cannot be taken over, and returns what can.
async fn take_over(site: &Site) -> Vec<Found> {
    let me = std::process::id();
    let servers = |found: &Found| {
        let node = site.spec.node(&found.node);
        found.leader && node.is_some_and(|n| n.kind != NodeKind::Agent)
    };
    let all: Vec<Found> = processes::of_lab(site.dir.path())
        .into_iter()
        .filter(|f| f.pid != me && f.node != SUPERVISOR)
        .collect();
    let mut keep: Vec<Found> = Vec::new();
    let mut ending = Vec::new();
    for found in &all {
        let kept = |keep: &[Found]| keep.iter().any(|k| k.node == found.node);
        if servers(found) && !kept(&keep) {
            keep.push(found.clone());
        } else if found.leader {
            ending.push(end(found));
        } else if !all
            .iter()
            .any(|other| other.node == found.node && servers(other))
        {
            // Not a server's own helper: a preparation whose supervisor died under it.
            kill(found.pid);
        }
    }
    futures::future::join_all(ending).await;
    keep
}

fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::KILL);
    }
}

async fn end(found: &Found) {
    let Ok(process) = Process::adopt(found) else {
        return;
    };
    tracing::info!(
        node = found.node,
        pid = found.pid,
        "ends a process of an earlier supervisor"
    );
    let _ = process.signal(Signal::TERM);
    let _ = process.signal(Signal::CONT);
    if tokio::time::timeout(AGENT_GRACE, process.ended())
        .await
        .is_err()
    {
        let _ = process.signal(Signal::KILL);
        process.ended().await;
    }
}

async fn wait_for_end(ending: &CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return ending.cancelled().await;
    };
    tokio::select! {
        () = ending.cancelled() => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

impl Lab {
    fn start(site: Arc<Site>, cast: Arc<Cast>, found: &[Found]) -> Result<Self, LabError> {
        let events = Arc::new(EventLog::open(&site.dir.events())?);
        let (pipeline_sender, pipeline) = watch::channel(PipelineStatus {
            ready: false,
            waiting_for: Some("mysql, kafka and registry".into()),
        });
        let senders: Vec<_> = site
            .spec
            .nodes
            .iter()
            .map(|spec| (spec, watch::channel(node::initial_status(spec))))
            .collect();
        let statuses: BTreeMap<String, watch::Receiver<NodeStatus>> = senders
            .iter()
            .map(|(spec, (_, receiver))| (spec.name.clone(), receiver.clone()))
            .collect();
        tokio::spawn(resources::provide(
            Arc::clone(&site),
            statuses.clone(),
            pipeline_sender,
        ));
        let cuts = Cuts::of(&site.spec.nodes);
        let mut nodes = BTreeMap::new();
        for (spec, (sender, receiver)) in senders {
            let (inbox, messages) = mpsc::channel(32);
            if spec.theirs.is_some() {
                let watch = Watch::new(Arc::clone(&site), spec.clone(), messages, sender);
                tokio::spawn(watch.run());
                nodes.insert(
                    spec.name.clone(),
                    Handle {
                        inbox,
                        status: receiver,
                        within_reach: watch::channel(true).1,
                    },
                );
                continue;
            }
            // A Redis has to prove first that it is what it has to be.
            let (gate, within_reach) = watch::channel(spec.kind != NodeKind::Redis);
            let node = Node {
                site: Arc::clone(&site),
                spec: spec.clone(),
                inbox: messages,
                status: sender,
                after: spec
                    .after
                    .iter()
                    .filter_map(|n| statuses.get(n).cloned())
                    .collect(),
                pipeline: pipeline.clone(),
                events: Arc::clone(&events),
                cast: Arc::clone(&cast),
                roles: cast.watch(),
                within_reach: gate,
            };
            let left = found.iter().find(|f| f.node == spec.name);
            tokio::spawn(Actor::new(node, left).run());
            nodes.insert(
                spec.name.clone(),
                Handle {
                    inbox,
                    status: receiver,
                    within_reach,
                },
            );
        }
        Ok(Self {
            site,
            events,
            nodes,
            pipeline,
            cast,
            cuts,
            turn: tokio::sync::Mutex::default(),
            ending: CancellationToken::new(),
        })
    }

    async fn open_slots(&self) -> Result<Slots, LabError> {
        let gates = self.nodes.iter();
        let gates = gates.map(|(name, handle)| (name.clone(), handle.within_reach.clone()));
        let roles = self.cast.watch();
        Slots::open(&self.site.spec.nodes, &roles, &gates.collect(), &self.cuts).await
    }

    /// Cuts the clients of every node of the kind with this word; false when there is none.
    fn cut(&self, kind: &str) -> bool {
        let nodes = self.site.spec.nodes.iter();
        let cut = nodes
            .filter(|node| node.kind.word() == kind)
            .filter_map(|node| {
                let connections = self.cuts.cut(&node.name)?;
                self.events
                    .record(&node.name, NodeEvent::Cut { connections });
                Some(())
            });
        cut.count() > 0
    }

    /// State of the lab now.
    fn status(&self) -> LabStatus {
        let spec = &self.site.spec;
        let roles = self.cast.now();
        let status = |node: &NodeSpec| {
            let status = self.nodes.get(&node.name)?.status.borrow().clone();
            Some(placed(status, &spec.nodes, node, &roles))
        };
        let nodes: Vec<NodeStatus> = spec.nodes.iter().filter_map(status).collect();
        let pipeline = self.pipeline.borrow().clone();
        LabStatus {
            schema: "rlab/status/v1".into(),
            lab: spec.lab.clone(),
            profile: spec.profile.name().to_owned(),
            port_offset: spec.port_offset,
            supervisor_pid: Some(std::process::id()),
            ready: pipeline.ready && nodes.iter().all(|n| n.state.is_well()),
            pipeline,
            nodes,
        }
    }

    /// Asks `node` and waits for its answer.
    async fn ask(&self, node: &str, request: NodeRequest) -> Reply {
        let Some(handle) = self.nodes.get(node) else {
            let known: Vec<&str> = self
                .site
                .spec
                .nodes
                .iter()
                .map(|n| n.name.as_str())
                .collect();
            return Err(format!(
                "there is no node `{node}` (nodes: {})",
                known.join(", ")
            ));
        };
        let (reply, answer) = oneshot::channel();
        let message = Message {
            request,
            reply: Some(reply),
        };
        let gone = || format!("node `{node}` is not supervised any more");
        handle.inbox.send(message).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Wants every node up but the spares, or every server, and waits for none.
    async fn start_all(&self, wanted: Wanted) {
        let agents = wanted == Wanted::All;
        let wanted = self.site.spec.nodes.iter().filter(|n| !n.is_spare());
        let wanted = wanted.filter(|n| agents || n.kind != NodeKind::Agent);
        for handle in wanted.filter_map(|n| self.nodes.get(&n.name)) {
            let request = NodeRequest::Verb(NodeVerb::Start);
            let _ = handle
                .inbox
                .send(Message {
                    request,
                    reply: None,
                })
                .await;
        }
    }

    /// Agents first, then the servers, the controller last: a broker whose controller is gone
    /// neither ends nor rests.
    async fn stop_in_order(&self) {
        // A failover that was under way has been told to give up; nobody starts a node after it.
        let _turn = self.turn.lock().await;
        let is = |wanted: fn(NodeKind) -> bool| {
            let nodes = self.site.spec.nodes.iter().filter(move |n| wanted(n.kind));
            nodes.map(|n| self.ask(&n.name, NodeRequest::Verb(NodeVerb::Stop)))
        };
        futures::future::join_all(is(|k| k == NodeKind::Agent)).await;
        let server = |k| !matches!(k, NodeKind::Agent | NodeKind::Controller);
        futures::future::join_all(is(server)).await;
        futures::future::join_all(is(|k| k == NodeKind::Controller)).await;
    }
}
