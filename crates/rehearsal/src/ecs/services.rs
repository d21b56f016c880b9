//! The calls about services. The emulator keeps what is on paper, and believes that no service wants a task.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Request;
use super::books::Books;
use super::definition::Definition;
use super::scheduler;
use super::service::{Phase, Service};
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Rehearsal, lock};

/// CreateService.
pub(super) async fn create(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let cluster = request.active_cluster(rehearsal).await?;
    let name = request.text("serviceName");
    let desired = request.count("desiredCount")?.unwrap_or(1);
    within(rehearsal, name, desired)?;
    let wanted = request.text("taskDefinition");
    let definition = Definition::fetch(rehearsal, &request.place, wanted).await?;
    let (_, cluster_name) = cluster.split_once(":cluster/").unwrap_or_default();
    let arn = request.place.arn(&format!("service/{cluster_name}/{name}"));
    let drains = lock(&rehearsal.ecs)
        .services
        .get(&arn)
        .is_some_and(|service| service.phase == Phase::Draining);
    if drains {
        let message = "Unable to Start a service that is still Draining.";
        return Err(Refusal::sender("InvalidParameterException", message));
    }
    let mut told = on_paper(rehearsal, request, json!({ "desiredCount": 0 })).await?;
    let at = Timestamp::now();
    let place = request.place.clone();
    let service = Service::new(
        (&arn, name, &cluster),
        place,
        Arc::new(definition),
        desired,
        at,
    );
    {
        let mut books = lock(&rehearsal.ecs);
        books.services.insert(arn.clone(), service);
        books.settle(&arn, at);
    }
    if rehearsal.processes.limit(name) > 0 {
        scheduler::keep(rehearsal, &arn, name);
    }
    lock(&rehearsal.ecs).overlay(&mut told["service"])?;
    Ok(told)
}

/// UpdateService.
pub(super) async fn update(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let arn = request.service_arn();
    let known = lock(&rehearsal.ecs).services.get(&arn).map(|service| {
        let (name, phase) = (service.name.clone(), service.phase);
        (name, phase, service.primary().definition.clone())
    });
    let Some((name, phase, definition)) = known else {
        return Err(not_found());
    };
    if phase != Phase::Active {
        let message = "Service was not ACTIVE.";
        return Err(Refusal::sender("ServiceNotActiveException", message));
    }
    let desired = request.count("desiredCount")?;
    within(rehearsal, &name, desired.unwrap_or_default())?;
    let forced = request.body["forceNewDeployment"] == true;
    let definition = match request.body["taskDefinition"].as_str() {
        Some(wanted) => Arc::new(Definition::fetch(rehearsal, &request.place, wanted).await?),
        None => definition,
    };
    let paper = json!({ "desiredCount": 0, "forceNewDeployment": false });
    let mut told = on_paper(rehearsal, request, paper).await?;
    let at = Timestamp::now();
    let mut books = lock(&rehearsal.ecs);
    if let Some(service) = books.services.get_mut(&arn) {
        if forced || service.primary().definition.arn != definition.arn {
            service.deploy(definition, at);
        }
        if let Some(desired) = desired {
            service.scale(desired, at);
        }
    }
    books.settle(&arn, at);
    books.overlay(&mut told["service"])?;
    Ok(told)
}

/// DeleteService: its tasks end, then it is gone.
pub(super) async fn delete(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let arn = request.service_arn();
    let wanted = lock(&rehearsal.ecs).services.get(&arn).map(Service::wanted);
    let wanted = wanted.ok_or_else(not_found)?;
    if wanted > 0 && request.body["force"] != true {
        let message = "The service cannot be stopped while it is scaled above 0.";
        return Err(Refusal::sender("InvalidParameterException", message));
    }
    let mut told = on_paper(rehearsal, request, json!({ "force": true })).await?;
    let at = Timestamp::now();
    let mut books = lock(&rehearsal.ecs);
    if let Some(service) = books.services.get_mut(&arn)
        && service.phase == Phase::Active
    {
        service.phase = Phase::Draining;
        service.desired = 0;
    }
    books.settle(&arn, at);
    books.overlay(&mut told["service"])?;
    Ok(told)
}

/// DescribeServices.
pub(super) async fn describe(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let mut told = on_paper(rehearsal, request, json!({})).await?;
    let books = lock(&rehearsal.ecs);
    for service in told["services"].as_array_mut().into_iter().flatten() {
        books.overlay(service)?;
    }
    Ok(told)
}

/// The emulator's answer, with other values of some parameters.
async fn on_paper(
    rehearsal: &Rehearsal,
    request: &Request<'_>,
    changes: Value,
) -> Result<Value, Refusal> {
    let mut body = request.body.clone();
    for (name, value) in changes.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    request.ask(rehearsal, &request.call.action, &body).await
}

/// Whether there can be so many.
fn within(rehearsal: &Rehearsal, service: &str, desired: u32) -> Result<(), Refusal> {
    let limit = rehearsal.processes.limit(service);
    if desired <= limit {
        return Ok(());
    }
    let message = format!("the rehearsal runs at most {limit} tasks of {service}, not {desired}");
    Err(Refusal::sender("InvalidParameterException", message))
}

fn not_found() -> Refusal {
    Refusal::sender("ServiceNotFoundException", "Service not found.")
}

impl Books {
    /// Lays what is true over what the emulator tells of a service.
    fn overlay(&self, told: &mut Value) -> Result<(), Refusal> {
        // The field is newer than the emulator.
        if told["availabilityZoneRebalancing"].is_null() {
            told["availabilityZoneRebalancing"] = json!("DISABLED");
        }
        let arn = told["serviceArn"].as_str().unwrap_or_default();
        let Some(service) = self.services.get(arn) else {
            return Ok(());
        };
        if let Some(why) = &service.silent {
            return Err(Refusal::internal(format!("{}: {why}", service.name)));
        }
        service.overlay(told, |deployment| {
            self.count(|task| {
                task.origin.service.as_ref() == Some(&service.arn)
                    && task.origin.started_by.as_deref() == Some(deployment)
            })
        });
        Ok(())
    }
}
