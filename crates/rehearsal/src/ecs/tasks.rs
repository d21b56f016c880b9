//! The calls about tasks, answered here: the emulator is never asked to run one.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::definition::Definition;
use super::plane::Container;
use super::prepare::prepare;
use super::task::{Origin, Status, StopCode, Task};
use super::{Request, end_process, follow};
use crate::paging;
use crate::protocol::refusal::Refusal;
use crate::rehearsal::{Rehearsal, lock};

/// Most tasks of one RunTask, and most on a page of ListTasks. Source: the ECS API reference, read in 2026-11.
const MAX_RUN: u32 = 10;
const MAX_PAGE: u64 = 100;

/// RunTask.
pub(super) async fn run(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let cluster = request.active_cluster(rehearsal).await?;
    let wanted = request.text("taskDefinition");
    let definition = Definition::fetch(rehearsal, &request.place, wanted).await?;
    let count = request.count("count")?.unwrap_or(1);
    if count == 0 || count > MAX_RUN {
        return Err(invalid(format!("Count must be between 1 and {MAX_RUN}.")));
    }
    if !request.body["networkConfiguration"].is_object() {
        let message =
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.";
        return Err(invalid(message));
    }
    let overrides = &request.body["overrides"];
    let container = definition.container(overrides)?;
    let text = |name: &str| request.body[name].as_str().map(str::to_owned);
    let origin = Origin {
        cluster,
        service: None,
        group: text("group").unwrap_or_else(|| format!("family:{}", definition.family)),
        started_by: text("startedBy"),
        overrides: match overrides.is_object() {
            true => overrides.clone(),
            false => json!({ "containerOverrides": [] }),
        },
        tags: request.body["tags"].clone(),
        client_token: text("clientToken"),
    };
    let definition = Arc::new(definition);
    let mut begun = Vec::new();
    let told = {
        let mut books = lock(&rehearsal.ecs);
        let same = |task: &&Task| {
            origin.client_token.is_some() && task.origin.client_token == origin.client_token
        };
        let before: Vec<Value> = books
            .tasks
            .iter()
            .filter(same)
            .map(|t| t.told(true))
            .collect();
        match before.is_empty() {
            true => (0..count)
                .map(|_| {
                    let definition = Arc::clone(&definition);
                    let task = Task::new(origin.clone(), definition, Timestamp::now());
                    let told = task.told(true);
                    begun.push((task.arn.clone(), task.id().to_owned()));
                    books.add(task);
                    told
                })
                .collect(),
            false => before,
        }
    };
    for (arn, id) in begun {
        let (rehearsal, place) = (Arc::clone(rehearsal), request.place.clone());
        let (definition, container) = (Arc::clone(&definition), container.clone());
        let tasks = rehearsal.tasks.clone();
        tasks.spawn(async move {
            let prepared = prepare(&rehearsal, &place, &definition, container, &[id]).await;
            live(&rehearsal, &arn, prepared).await;
        });
    }
    Ok(json!({ "tasks": told, "failures": [] }))
}

/// The life of a task that runs once, from the moment at which it is known whether it can start.
async fn live(rehearsal: &Arc<Rehearsal>, arn: &str, prepared: Result<Container, String>) {
    let container = {
        let mut books = lock(&rehearsal.ecs);
        let Some(task) = books.task(arn) else {
            return;
        };
        match prepared {
            _ if !task.is_wanted() => return task.over(None, Timestamp::now()),
            Err(obstacle) => return task.failed(obstacle, Timestamp::now()),
            Ok(container) => {
                task.prepared();
                container
            }
        }
    };
    let family = container.family.clone();
    let running = rehearsal.processes.run(container);
    let running = rehearsal.in_time(&family, running).await;
    let at = Timestamp::now();
    let (running, wanted) = {
        let mut books = lock(&rehearsal.ecs);
        let Some(task) = books.task(arn) else {
            return;
        };
        match running {
            Ok(running) => {
                task.began(&running.instance, at);
                (running, task.is_wanted())
            }
            Err(error) => return task.failed(format!("CannotStartContainerError: {error}"), at),
        }
    };
    if !wanted {
        end_process(rehearsal, &running.instance).await;
    }
    follow::once(rehearsal, arn, running.steps).await;
}

/// StopTask: SIGTERM, and SIGKILL after the container's stop timeout.
pub(super) async fn stop(
    rehearsal: &Arc<Rehearsal>,
    request: &Request<'_>,
) -> Result<Value, Refusal> {
    let reason = request.body["reason"]
        .as_str()
        .unwrap_or("Task stopped by user");
    let at = Timestamp::now();
    let (told, instance) = {
        let mut books = lock(&rehearsal.ecs);
        let arn = request.task_arn(request.text("task"));
        let Some(task) = books.task(&arn) else {
            return Err(invalid("The referenced task was not found."));
        };
        let wanted = task.is_wanted();
        task.end(StopCode::UserInitiated, reason, at);
        if task.instance.is_none() && task.origin.service.is_some() {
            task.over(None, at);
        }
        let (told, service) = (task.told(true), task.origin.service.clone());
        let instance = task.instance.clone().filter(|_| wanted);
        if let Some(service) = service {
            books.settle(&service, at);
        }
        (told, instance)
    };
    if let Some(instance) = instance {
        end_process(rehearsal, &instance).await;
    }
    Ok(json!({ "task": told }))
}

/// DescribeTasks.
pub(super) fn describe(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let named = request.body["tasks"].as_array().into_iter().flatten();
    let named = named.filter_map(Value::as_str);
    let include = request.body["include"].as_array().into_iter().flatten();
    let with_tags = include.filter_map(Value::as_str).any(|part| part == "TAGS");
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    let mut books = lock(&rehearsal.ecs);
    for name in named {
        let arn = request.task_arn(name);
        match books.task(&arn) {
            Some(task) => tasks.push(task.told(with_tags)),
            None => failures.push(json!({ "arn": arn, "reason": "MISSING" })),
        }
    }
    Ok(json!({ "tasks": tasks, "failures": failures }))
}

/// ListTasks: those that are meant to run, unless others are asked for.
pub(super) fn list(rehearsal: &Rehearsal, request: &Request<'_>) -> Result<Value, Refusal> {
    let text = |name: &str| request.body[name].as_str();
    let cluster = request.cluster_arn();
    let books = lock(&rehearsal.ecs);
    let service = text("serviceName").map(|name| request.arn_of_service(name));
    if let Some(service) = &service
        && !books.services.contains_key(service)
    {
        let message = "Service not found.";
        return Err(Refusal::sender("ServiceNotFoundException", message));
    }
    let stopped = text("desiredStatus") == Some("STOPPED");
    let wanted = |task: &&Task| {
        let is = |asked: Option<&str>, value: &str| asked.is_none_or(|asked| asked == value);
        let is_stopped = task.stop.is_some() || task.status == Status::Stopped;
        task.origin.cluster == cluster
            && is_stopped == stopped
            && is(text("family"), &task.definition.family)
            && is(
                text("startedBy"),
                task.origin.started_by.as_deref().unwrap_or_default(),
            )
            && is(
                service.as_deref(),
                task.origin.service.as_deref().unwrap_or_default(),
            )
    };
    let arns: Vec<&str> = books
        .tasks
        .iter()
        .filter(wanted)
        .map(|task| task.arn.as_str())
        .collect();
    let limit = request.body["maxResults"].as_u64().unwrap_or(MAX_PAGE);
    let limit = usize::try_from(limit.min(MAX_PAGE)).unwrap_or_default();
    let page = paging::page(arns, limit, text("nextToken"))
        .ok_or_else(|| invalid("Invalid token in the request."))?;
    Ok(json!({ "taskArns": page.items, "nextToken": page.next }))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::sender("InvalidParameterException", message)
}
