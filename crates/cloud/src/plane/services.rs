//! ECS's services: the lab's agents and its registry.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use rlab_lab::LabError;
use rlab_lab::client::LabClient;
use rlab_lab::protocol::{LabEvent, NodeEvent, NodeVerb};
use rlab_lab::spec::{LabSpec, NodeKind, NodeSpec};
use rlab_rehearsal::{DataPlaneError, Exit, TaskHappened, TaskStep, TaskSteps};

use super::events::{Events, at};
use super::{LabPlane, REGISTRY, failed};

/// How long after a supervisor was not found it is looked for again; who follows asks at once.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What happens to the processes of `service`, from the first that the supervisor remembers.
pub(super) fn follow(plane: LabPlane, service: String) -> TaskSteps {
    let following = async move {
        if service == REGISTRY {
            let mut wanted = plane.registry.subscribe();
            // Its sender is the plane's own.
            let _ = wanted.wait_for(|wanted| *wanted).await;
        }
        let nodes = match plane.site() {
            Ok(site) => names(&site.spec, &service),
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        if nodes.is_empty() {
            return stream::once(async { Err(DataPlaneError::Unknown(service)) }).boxed();
        }
        let steps = stream::unfold(
            Follower {
                plane,
                nodes,
                events: None,
                lost: false,
            },
            |mut follower| async { Some((follower.next().await, follower)) },
        );
        steps.boxed()
    };
    stream::once(following).flatten().boxed()
}

struct Follower {
    plane: LabPlane,
    nodes: Vec<String>,
    events: Option<Events>,
    /// The supervisor was away when it was last asked.
    lost: bool,
}

impl Follower {
    /// The next step. A supervisor that is away is an error each time it is looked for.
    async fn next(&mut self) -> Result<TaskHappened, DataPlaneError> {
        if std::mem::take(&mut self.lost) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        loop {
            let events = match &mut self.events {
                Some(events) => events,
                none => match LabClient::connect(&self.plane.dir).await {
                    Ok(client) => none.insert(Events::from_the_beginning(client)),
                    Err(error) => return Err(self.lost(&error)),
                },
            };
            match events.next().await {
                Ok(event) if self.nodes.contains(&event.node) => {
                    if let Some(told) = happened(&event) {
                        return Ok(told);
                    }
                }
                Ok(_) => {}
                Err(error) => return Err(self.lost(&error)),
            }
        }
    }

    fn lost(&mut self, why: &LabError) -> DataPlaneError {
        (self.events, self.lost) = (None, true);
        failed("lab", why)
    }
}

fn happened(event: &LabEvent) -> Option<TaskHappened> {
    let (pid, step) = match event.event {
        NodeEvent::Spawned { pid } | NodeEvent::Adopted { pid } => (pid, TaskStep::Started),
        NodeEvent::Ready { pid } => (pid, TaskStep::Ready),
        NodeEvent::Exited { pid, signal, code } => {
            let exit = match (code, signal) {
                (Some(code), _) => Exit::Code(code),
                (None, Some(signal)) => Exit::Signal(signal),
                // Nobody but its parent is told how a process ended.
                (None, None) => Exit::Signal(rustix::process::Signal::TERM.as_raw()),
            };
            (pid, TaskStep::Ended(exit))
        }
        _ => return None,
    };
    Some(TaskHappened {
        at: at(event),
        instance: format!("{}/{pid}", event.node),
        step,
    })
}

/// How many processes of `service` the lab has room for.
pub(super) fn limit(plane: &LabPlane, service: &str) -> u32 {
    let nodes = plane
        .site()
        .map_or(0, |site| names(&site.spec, service).len());
    u32::try_from(nodes).unwrap_or(u32::MAX)
}

/// Has `desired` processes of `service` run.
pub(super) async fn scale(
    plane: &LabPlane,
    service: &str,
    desired: u32,
) -> Result<(), DataPlaneError> {
    let nodes = names(&plane.site()?.spec, service);
    let most = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    if nodes.is_empty() {
        return Err(DataPlaneError::Unknown(service.to_owned()));
    }
    if desired > most {
        return Err(DataPlaneError::Failed {
            node: service.to_owned(),
            why: format!("this lab has room for {most}"),
        });
    }
    if service == REGISTRY && desired > 0 {
        plane.registry.send_replace(true);
    }
    let client = plane.client().await?;
    for (index, node) in (0_u32..).zip(nodes) {
        let verb = match index < desired {
            true => NodeVerb::Start,
            false => NodeVerb::Stop,
        };
        take_in_hand(client.clone(), node, vec![verb]);
    }
    Ok(())
}

/// Ends one process; the service wants another in its place.
pub(super) async fn replace(plane: &LabPlane, instance: &str) -> Result<(), DataPlaneError> {
    let unknown = || DataPlaneError::Unknown(instance.to_owned());
    let (node, pid) = instance.split_once('/').ok_or_else(unknown)?;
    let client = plane.client().await?;
    let status = client.status().await.map_err(|e| failed(node, &e))?;
    let lives = |n: &rlab_lab::protocol::NodeStatus| {
        n.node == node && n.pid.is_some_and(|now| now.to_string() == pid)
    };
    if !status.nodes.iter().any(lives) {
        return Err(unknown());
    }
    take_in_hand(
        client,
        node.to_owned(),
        vec![NodeVerb::Stop, NodeVerb::Start],
    );
    Ok(())
}

/// Does what may take long without anybody waiting; what comes of it is told by [`follow`].
fn take_in_hand(client: LabClient, node: String, verbs: Vec<NodeVerb>) {
    tokio::spawn(async move {
        for verb in verbs {
            if let Err(error) = client.node(&node, verb).await {
                tracing::warn!(node, ?verb, %error, "a service does not do as it was told");
            }
        }
    });
}

/// The nodes of a service, the first one first.
fn names(spec: &LabSpec, service: &str) -> Vec<String> {
    let served = |node: &&NodeSpec| {
        matches!(node.kind, NodeKind::Agent | NodeKind::Registry) && node.service() == service
    };
    spec.nodes
        .iter()
        .filter(served)
        .map(|n| n.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use rlab_lab::LabHome;

    use super::*;

    #[tokio::test]
    async fn a_supervisor_that_is_away_is_not_asked_without_a_pause() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("gone").unwrap();
        let mut follower = Follower {
            plane: LabPlane::new(dir),
            nodes: vec!["query-service".to_owned()],
            events: None,
            lost: false,
        };
        let begun = Instant::now();
        for _ in 0..3 {
            assert!(follower.next().await.is_err());
        }
        assert!(begun.elapsed() >= LOOK_AGAIN * 2, "{:?}", begun.elapsed());
    }
}
