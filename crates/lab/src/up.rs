//! `up`: resolves the profile, gets the servers, starts the supervisor and waits until all is ready.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rlab_artifacts::Cache;
use schemars::JsonSchema;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::client::LabClient;
use crate::error::LabError;
use crate::home::LabDir;
use crate::ports;
use crate::processes::{self, LAB_MARK, NODE_MARK, SUPERVISOR};
use crate::profile::{LabProfile, agent_binary};
use crate::protocol::{LabStatus, NodeState, Wanted};
use crate::roles::Roles;
use crate::secrets::Secrets;
use crate::servers::Site;
use crate::spec::{LabSpec, NodeKind, NodeSpec};
use crate::{compose, down, elsewhere, files};

/// Room a lab needs when it starts: formatted logs, redo logs, a first hour of drills, MiB.
pub(crate) const NEEDED_MIB: u64 = 1_024;
const READY_DEADLINE: Duration = Duration::from_secs(180);
const SOCKET_DEADLINE: Duration = Duration::from_secs(20);
/// How long servers that were just killed may take to let go of their ports.
const LETTING_GO: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(50);

/// What to bring up.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// The lab.
    pub dir: LabDir,
    /// What it is made of.
    pub profile: LabProfile,
    /// Added to every port.
    pub port_offset: u16,
    /// Which of its nodes.
    pub wanted: Wanted,
}

/// What `up` tells while it works.
#[derive(Debug)]
pub enum UpEvent {
    /// The servers are being fetched or prepared.
    Artifact(rlab_artifacts::Event),
    /// The state of the nodes, several times a second.
    Nodes(Box<LabStatus>),
    /// Something worth a line.
    Note(String),
}

/// What `up` would do.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UpPlan {
    /// Always `rlab/up-plan/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Profile name.
    pub profile: String,
    /// Added to every port.
    pub port_offset: u16,
    /// Files to fetch, by name.
    pub fetch: Vec<String>,
    /// Their size.
    pub fetch_bytes: u64,
    /// What happens to each node.
    pub nodes: Vec<PlannedNode>,
}

/// What would happen to one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedNode {
    /// Node name.
    pub node: String,
    /// What it is.
    pub kind: &'static str,
    /// Its zone.
    pub zone: String,
    /// `start` or `nothing`.
    pub action: &'static str,
    /// Address on `127.0.0.1`.
    pub door: Option<String>,
    /// Address in its zone.
    pub endpoint: Option<String>,
}

/// Says what [`up`] would do; changes nothing.
///
/// # Errors
/// As [`up`], as far as it can be known beforehand.
pub async fn plan_up(options: &UpOptions) -> Result<UpPlan, LabError> {
    let profile = options.profile.clone();
    compose::works(&profile).await?;
    let nodes = crate::layout::nodes(&profile, options.port_offset)?;
    let running = running(options, &profile).await?;
    if running.is_none() {
        check_ports(options, &nodes).await?;
    }
    let roles = Roles::load(&options.dir, &nodes)?;
    let missing = match runs_servers(&nodes) {
        true => Cache::open(None)?.missing()?,
        false => Vec::new(),
    };
    let ready = |name: &str| {
        running.as_ref().is_some_and(|status| {
            let mut nodes = status.nodes.iter();
            nodes.any(|n| n.node == name && n.state == NodeState::Ready)
        })
    };
    Ok(UpPlan {
        schema: "rlab/up-plan/v1",
        lab: options.dir.name().to_owned(),
        profile: profile.name().to_owned(),
        port_offset: options.port_offset,
        fetch: missing.iter().map(|e| e.file.clone()).collect(),
        fetch_bytes: missing.iter().map(|e| e.size).sum(),
        nodes: nodes
            .iter()
            .map(|n| PlannedNode {
                node: n.name.clone(),
                kind: n.kind.word(),
                zone: roles.seated(n).zone,
                action: match n.is_spare() || n.theirs.is_some() || ready(&n.name) {
                    true => "nothing",
                    false => "start",
                },
                door: roles.door(&nodes, n).map(|a| a.to_string()),
                endpoint: n.ports[0]
                    .endpoint
                    .as_ref()
                    .map(|_| roles.seated(n).way(0).to_string()),
            })
            .collect(),
    })
}

/// Brings the lab up, or the rest of it, and returns when every node answers. On cancellation what
/// this call started is stopped again.
///
/// # Errors
/// Any [`LabError`]; nothing was changed by those found before the supervisor starts.
pub async fn up(
    options: &UpOptions,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
    cancel: CancellationToken,
) -> Result<LabStatus, LabError> {
    let profile = options.profile.clone();
    compose::works(&profile).await?;
    let (client, ours) = match running(options, &profile).await? {
        Some(_) => {
            containers(options, progress).await?;
            (LabClient::connect(&options.dir).await?, false)
        }
        None => {
            let fetching = fetch(options, progress);
            let servers = tokio::select! {
                servers = fetching => servers?,
                () = cancel.cancelled() => return Err(LabError::Aborted("nothing was started")),
            };
            begin(options, profile, servers, progress).await?
        }
    };
    client.start_all(options.wanted).await?;
    tokio::select! {
        status = wait_until_ready(&client, options.wanted, progress) => status,
        () = cancel.cancelled() => {
            if !ours {
                return Err(LabError::Aborted("the lab ran before and goes on"));
            }
            down::down(&options.dir, false, progress).await?;
            Err(LabError::Aborted("what had been started was stopped"))
        }
    }
}

/// Starts the supervisor, unless another `up` did so meanwhile; says whether this call did.
async fn begin(
    options: &UpOptions,
    profile: LabProfile,
    servers: rlab_artifacts::Servers,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
) -> Result<(LabClient, bool), LabError> {
    let _turn = take_turn(&options.dir).await?;
    if running(options, &profile).await?.is_some() {
        return Ok((LabClient::connect(&options.dir).await?, false));
    }
    write_lab(options, profile, servers, progress).await?;
    Ok((start_supervisor(&options.dir).await?, true))
}

/// One `up` at a time decides; the lock ends with the file, however this process ends.
async fn take_turn(dir: &LabDir) -> Result<std::fs::File, LabError> {
    let path = dir.turn();
    files::make_private_dir(path.parent().unwrap_or(dir.path()))?;
    let waiting = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|e| LabError::io(&path, e))?;
        file.lock().map_err(|e| LabError::io(&path, e))?;
        Ok(file)
    });
    waiting
        .await
        .map_err(|e| LabError::Supervisor(e.to_string()))?
}

/// State of the lab when its supervisor runs, with the same parameters.
async fn running(options: &UpOptions, profile: &LabProfile) -> Result<Option<LabStatus>, LabError> {
    let Ok(client) = LabClient::connect(&options.dir).await else {
        return Ok(None);
    };
    let spec = LabSpec::load(&options.dir)?;
    same_parameters(&spec, options, profile)?;
    client.status().await.map(Some)
}

fn same_parameters(
    spec: &LabSpec,
    options: &UpOptions,
    profile: &LabProfile,
) -> Result<(), LabError> {
    let differs = |was: String, wanted: String| {
        Err(LabError::OtherParameters {
            lab: spec.lab.clone(),
            was,
            wanted,
        })
    };
    if spec.port_offset != options.port_offset {
        return differs(
            format!("--port-offset {}", spec.port_offset),
            format!("--port-offset {}", options.port_offset),
        );
    }
    if spec.profile != *profile {
        let was = format!("profile `{}`", spec.profile.name());
        return match spec.profile.name() == profile.name() {
            true => differs(was, "that profile as it reads now".to_owned()),
            false => differs(was, format!("profile `{}`", profile.name())),
        };
    }
    Ok(())
}

fn runs_servers(nodes: &[NodeSpec]) -> bool {
    nodes.iter().any(NodeSpec::is_our_server)
}

/// Where everything is that the lab starts; nothing is fetched for one that starts no server.
async fn fetch(
    options: &UpOptions,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
) -> Result<rlab_artifacts::Servers, LabError> {
    if !runs_servers(&crate::layout::nodes(
        &options.profile,
        options.port_offset,
    )?) {
        return Ok(rlab_artifacts::Servers::default());
    }
    let cache = Cache::open(None)?;
    Ok(cache
        .ensure(|event| progress(UpEvent::Artifact(event)))
        .await?)
}

/// Checks what can be checked before anything starts, and writes what the supervisor reads.
async fn write_lab(
    options: &UpOptions,
    profile: LabProfile,
    servers: rlab_artifacts::Servers,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
) -> Result<(), LabError> {
    let dir = &options.dir;
    let agent_dir = agent_dir(&profile)?;
    let mut spec = LabSpec::resolve(dir.name(), profile, options.port_offset, servers, agent_dir)?;
    if dir.exists() {
        let earlier = LabSpec::load(dir)?;
        same_parameters(&earlier, options, &spec.profile)?;
        same_versions(&earlier, &spec)?;
        spec.cluster_id = earlier.cluster_id;
        spec.mark = earlier.mark;
    } else {
        check_room(dir)?;
    }
    check_ports(options, &spec.nodes).await?;
    containers(options, progress).await?;
    let Some(secrets) = elsewhere::secrets(&spec.profile, dir)? else {
        files::make_private_dir(dir.path())?;
        Secrets::load_or_draw(dir, &spec.identities())?;
        return spec.save(dir);
    };
    progress(UpEvent::Note("logs in to the profile's servers".to_owned()));
    let site = Site::new(dir.clone(), spec, secrets);
    elsewhere::reach(&site).await?;
    files::make_private_dir(site.dir.path())?;
    site.secrets.save(&site.dir)?;
    site.spec.save(&site.dir)
}

/// Brings the servers up where they are containers.
async fn containers(
    options: &UpOptions,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
) -> Result<(), LabError> {
    let LabProfile::Composed(profile) = &options.profile else {
        return Ok(());
    };
    progress(UpEvent::Note(
        "docker compose brings the servers up".to_owned(),
    ));
    compose::up(&options.dir, profile, options.port_offset).await
}

fn same_versions(earlier: &LabSpec, now: &LabSpec) -> Result<(), LabError> {
    let changed: Vec<String> = now
        .versions
        .iter()
        .filter(|(name, version)| earlier.versions.get(*name) != Some(version))
        .map(|(name, version)| {
            let was = earlier.versions.get(name).map_or("none", String::as_str);
            format!("{name} {was}, now {version}")
        })
        .collect();
    match changed.is_empty() {
        true => Ok(()),
        false => Err(LabError::OtherVersion {
            lab: now.lab.clone(),
            difference: changed.join("; "),
        }),
    }
}

/// Agents are installed beside the command line.
fn agent_dir(profile: &LabProfile) -> Result<std::path::PathBuf, LabError> {
    let this = std::env::current_exe().map_err(|e| LabError::io("/proc/self/exe", e))?;
    let dir = this
        .parent()
        .unwrap_or(std::path::Path::new("/"))
        .to_owned();
    for agent in profile.agents().keys() {
        let name = agent_binary(agent.as_str());
        if !dir.join(&name).is_file() {
            return Err(LabError::AgentMissing {
                name,
                searched: dir.display().to_string(),
            });
        }
    }
    Ok(dir)
}

fn check_room(dir: &LabDir) -> Result<(), LabError> {
    let free_mib = files::free_bytes(dir.path())? >> 20;
    match free_mib >= NEEDED_MIB {
        true => Ok(()),
        false => Err(LabError::DiskFull {
            needed_mib: NEEDED_MIB,
            free_mib,
        }),
    }
}

/// Nodes of this very lab that still run hold their own ports.
async fn check_ports(options: &UpOptions, nodes: &[NodeSpec]) -> Result<(), LabError> {
    let deadline = Instant::now() + LETTING_GO;
    loop {
        let alive = processes::of_lab(options.dir.path());
        if alive.iter().any(|f| f.node == SUPERVISOR) {
            return Ok(());
        }
        let idle = nodes
            .iter()
            .filter(|n| !alive.iter().any(|f| f.node == n.name));
        let taken = ports::taken(idle);
        if taken.is_empty() {
            return Ok(());
        }
        if taken.iter().any(|port| port.seen) || Instant::now() > deadline {
            return Err(LabError::PortsTaken(taken));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Starts a supervisor and waits until its socket answers. Where two are started at once, the lock
/// lets one live, and both callers speak to that one.
async fn start_supervisor(dir: &LabDir) -> Result<LabClient, LabError> {
    let mut child = spawn_supervisor(dir)?;
    let deadline = Instant::now() + SOCKET_DEADLINE;
    loop {
        if let Ok(client) = LabClient::connect(dir).await {
            return Ok(client);
        }
        let ended = child.try_wait().ok().flatten();
        let other = processes::of_lab(dir.path());
        if let Some(status) = ended
            && !other.iter().any(|f| f.node == SUPERVISOR)
        {
            let lines = files::tail(&dir.supervisor_log(), 8);
            return Err(LabError::Supervisor(format!(
                "ended at its start ({status}); its last log lines:\n  {}",
                lines.join("\n  ")
            )));
        }
        if Instant::now() > deadline {
            let seconds = SOCKET_DEADLINE.as_secs();
            return Err(LabError::Supervisor(format!(
                "does not listen after {seconds} s"
            )));
        }
        tokio::time::sleep(POLL).await;
    }
}

fn spawn_supervisor(dir: &LabDir) -> Result<Child, LabError> {
    let path = dir.supervisor_log();
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&path);
    let log = log.map_err(|e| LabError::io(&path, e))?;
    let this = std::env::current_exe().map_err(|e| LabError::io("/proc/self/exe", e))?;
    let home = dir.path().ancestors().nth(2).unwrap_or(dir.path());
    Command::new(&this)
        .args(["--lab", dir.name(), "supervise"])
        .env("RLAB_HOME", home)
        .env(LAB_MARK, dir.path())
        .env(NODE_MARK, SUPERVISOR)
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        // Its own session is set up by itself; a group of its own would forbid that.
        .arg0("rlab-ops")
        .spawn()
        .map_err(|e| LabError::io(this, e))
}

async fn wait_until_ready(
    client: &LabClient,
    wanted: Wanted,
    progress: &(dyn Fn(UpEvent) + Send + Sync),
) -> Result<LabStatus, LabError> {
    let deadline = Instant::now() + READY_DEADLINE;
    loop {
        let status = client.status().await?;
        if let Some(failed) = status.nodes.iter().find(|n| n.state == NodeState::Failed) {
            return Err(LabError::NodeFailed {
                node: failed.node.clone(),
                reason: failed.detail.clone().unwrap_or_default(),
            });
        }
        if is_up(&status, wanted) {
            return Ok(status);
        }
        if Instant::now() > deadline {
            return Err(LabError::NotReady {
                lab: status.lab.clone(),
                seconds: READY_DEADLINE.as_secs(),
                waiting_for: waiting_for(&status),
            });
        }
        progress(UpEvent::Nodes(Box::new(status)));
        tokio::time::sleep(POLL).await;
    }
}

fn is_up(status: &LabStatus, wanted: Wanted) -> bool {
    let agent = NodeKind::Agent.word();
    match wanted {
        Wanted::All => status.ready,
        Wanted::Servers => {
            let mut servers = status.nodes.iter().filter(|n| n.kind != agent);
            status.pipeline.ready && servers.all(|n| n.state.is_well())
        }
    }
}

fn waiting_for(status: &LabStatus) -> String {
    let mut waits: Vec<String> = status
        .nodes
        .iter()
        .filter(|n| !n.state.is_well())
        .map(|n| {
            format!(
                "{} ({})",
                n.node,
                n.detail.as_deref().unwrap_or("no answer")
            )
        })
        .collect();
    waits.extend(status.pipeline.waiting_for.clone());
    waits.join(", ")
}
