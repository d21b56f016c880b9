//! Reboots and failovers: asked of the supervisor, told by what its record says of them.

use std::time::Duration;

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;
use rlab_lab::LabError;
use rlab_lab::protocol::{LabEvent, NodeEvent, NodeVerb, Service};
use rlab_lab::{pipeline, servers::Site};
use rlab_rehearsal::{DataPlaneError, Happened, Progress, Step};
use tokio::sync::mpsc;

use super::events::{Events, at};
use super::{LabPlane, failed};

/// How long a broker that answers may take to catch up.
const CATCH_UP: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(200);

type Teller = mpsc::UnboundedSender<Result<Happened, DataPlaneError>>;

/// A change that cannot be made.
pub(super) fn refused(error: DataPlaneError) -> Progress {
    stream::once(async { Err(error) }).boxed()
}

/// Runs `work` by itself, so that what it began is finished though nobody listens any more.
fn progress<F>(node: String, work: impl FnOnce(Teller) -> F) -> Progress
where
    F: Future<Output = Result<(), LabError>> + Send + 'static,
{
    let (teller, told) = mpsc::unbounded_channel();
    let work = work(teller.clone());
    tokio::spawn(async move {
        if let Err(error) = work.await {
            let _ = teller.send(Err(failed(&node, &error)));
        }
    });
    stream::unfold(
        told,
        |mut told| async move { Some((told.recv().await?, told)) },
    )
    .boxed()
}

fn tell(teller: &Teller, at: Timestamp, step: Step) {
    let _ = teller.send(Ok(Happened { at, step }));
}

/// Kills a broker and starts it again; back when every partition has all its replicas in sync.
pub(super) fn reboot_broker(plane: LabPlane, id: i32) -> Progress {
    let node = format!("kafka-{id}");
    let site = match plane.site() {
        Ok(site) => site,
        Err(error) => return refused(error),
    };
    if site.spec.node(&node).is_none() {
        return refused(DataPlaneError::Unknown(node));
    }
    progress(node.clone(), |teller| async move {
        cycle(&plane, &node, NodeVerb::Kill, &teller).await?;
        in_sync(&site).await?;
        tell(&teller, Timestamp::now(), Step::Back);
        Ok(())
    })
}

/// Ends a node in good order and starts it again.
pub(super) fn restart(plane: LabPlane, node: &'static str) -> Progress {
    progress(node.to_owned(), |teller| async move {
        cycle(&plane, node, NodeVerb::Stop, &teller).await?;
        tell(&teller, Timestamp::now(), Step::Back);
        Ok(())
    })
}

async fn cycle(
    plane: &LabPlane,
    node: &str,
    end: NodeVerb,
    teller: &Teller,
) -> Result<(), LabError> {
    let client = rlab_lab::client::LabClient::connect(&plane.dir).await?;
    let mut events = Events::from_now(client.clone()).await?;
    client.node(node, end).await?;
    let gone = loop {
        let event = events.next().await?;
        if event.node == node && matches!(event.event, NodeEvent::Exited { .. }) {
            break at(&event);
        }
    };
    tell(teller, gone, Step::Killed);
    client.node(node, NodeVerb::Start).await
}

async fn in_sync(site: &Site) -> Result<(), LabError> {
    let topic = pipeline::own_namespace().topic;
    let wanted = site.spec.brokers().count();
    let asking = async {
        loop {
            if let Ok(mut connection) = pipeline::any_broker(site).await
                && let Ok(partitions) = connection.partitions(&topic).await
                && partitions.iter().all(|p| p.isr.len() >= wanted)
            {
                return;
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    };
    tokio::time::timeout(CATCH_UP, asking)
        .await
        .map_err(|_| LabError::NotReady {
            lab: site.spec.lab.clone(),
            seconds: CATCH_UP.as_secs(),
            waiting_for: format!("every replica of {topic} to be in sync"),
        })
}

/// Has `of` taken over by what stands by.
pub(super) fn fail_over(plane: LabPlane, of: Service) -> Progress {
    progress(of.endpoint().to_owned(), move |teller| async move {
        let client = rlab_lab::client::LabClient::connect(&plane.dir).await?;
        let mut events = Events::from_now(client.clone()).await?;
        let plan = client.failover(of, None, true).await?;
        let failing = client.failover(of, None, false);
        tokio::pin!(failing);
        let done = loop {
            tokio::select! {
                done = &mut failing => break done?,
                event = events.next() => {
                    let event = event?;
                    if let Some(step) = step_of(&event, of, &plan.from, &plan.to) {
                        tell(&teller, at(&event), step);
                    }
                }
            }
        };
        // What the record says of it but was not read yet.
        let ended = Timestamp::now();
        while let Ok(Ok(event)) = tokio::time::timeout(ASK_EVERY, events.next()).await {
            if at(&event) <= ended
                && let Some(step) = step_of(&event, of, &done.from, &done.to)
            {
                tell(&teller, at(&event), step);
            }
        }
        tell(&teller, Timestamp::now(), Step::Back);
        Ok(())
    })
}

/// What an event of a failover is to the rehearsal. `from` and `to` are zones of MySQL, nodes of Redis.
fn step_of(event: &LabEvent, of: Service, from: &str, to: &str) -> Option<Step> {
    let lost = match of {
        Service::Mysql => "mysql",
        Service::Redis => from,
    };
    match &event.event {
        NodeEvent::Exited { .. } if event.node == lost => Some(Step::Killed),
        NodeEvent::Serving { endpoint, .. } if endpoint == of.endpoint() => Some(Step::Promoted {
            from: from.to_owned(),
            to: to.to_owned(),
        }),
        _ => None,
    }
}
