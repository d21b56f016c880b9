//! After the apply: images are pushed, configurations written, services scaled, and waited for.

use std::time::Duration;

use rlab_aws::account::Account;
use rlab_images::{Credentials, Password, Patience, PushEvent, push};
use rlab_lab::LabDir;

use tokio_util::sync::CancellationToken;

use crate::configuration;
use crate::deployed::Deployed;
use crate::error::CloudError;
use crate::event::{CloudEvent, OnCloud};
use crate::images::Images;
use crate::local_agents;
use crate::prepare::PREPARE_VERB;
use crate::record::{Paths, Record};
use crate::runner::run_to_end;

/// Longest that the services may take until all of them run: Fargate starts a task within two minutes.
const STEADY_WITHIN: Duration = Duration::from_secs(600);
/// How many of each.
const INSTANCES: i32 = 1;

/// Deploys the tasks of a lab.
///
/// # Errors
/// Any [`CloudError`]; doing it again goes on from there.
pub(crate) async fn deploy(
    record: &Record,
    dir: &LabDir,
    account: &Account,
    images: &Images,
    deployed: &Deployed,
    on: OnCloud<'_>,
) -> Result<(), CloudError> {
    push_all(account, images, deployed, on).await?;
    on(CloudEvent::Step("the tasks' configurations"));
    let writing = account.step("writing the tasks' configurations");
    let texts = configuration::texts(record, dir, deployed).await?;
    if !record.is_rehearsed() {
        local_agents::write(record, &Paths::of(dir), deployed, &texts)?;
    }
    for (name, text) in texts {
        let task = deployed.tasks.get(&name);
        if let Some(arn) = task.and_then(|task| task.secret_arn.as_ref()) {
            writing.put_secret(arn, &text).await?;
        }
    }
    on(CloudEvent::Step("the services"));
    let starting = account.step("starting the services");
    let services = deployed.services();
    for service in &services {
        starting
            .scale(&deployed.cluster.name, service, INSTANCES, false)
            .await?;
    }
    prepare(record, account, deployed, on).await?;
    let last = std::sync::Mutex::new(String::new());
    let waiting = |unsteady: &[rlab_aws::account::Unsteady]| {
        let names: Vec<&str> = unsteady
            .iter()
            .map(|service| service.service.as_str())
            .collect();
        let text = format!("waiting for {}", names.join(", "));
        let mut last = last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if *last != text {
            on(CloudEvent::Note(text.clone()));
            *last = text;
        }
    };
    starting
        .steady(&deployed.cluster.name, &services, STEADY_WITHIN, &waiting)
        .await?;
    Ok(())
}

/// Has the runner make what agents need on the servers. They wait for it, and the registry that it needs
/// starts with them.
async fn prepare(
    record: &Record,
    account: &Account,
    deployed: &Deployed,
    on: OnCloud<'_>,
) -> Result<(), CloudError> {
    on(CloudEvent::Step("what agents need on the servers"));
    let account = account.step("preparing the servers");
    let run = uuid::Uuid::now_v7().to_string();
    let said = std::sync::Mutex::new(String::new());
    let line = |text: &str| {
        on(CloudEvent::Note(text.to_owned()));
        let mut said = said
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        text.clone_into(&mut said);
    };
    let task = (vec![PREPARE_VERB.to_owned()], run.as_str());
    let never = CancellationToken::new();
    let ended = run_to_end(&account, (record, deployed), task, &line, never).await?;
    if ended.exit_code == Some(0) {
        return Ok(());
    }
    let last = said
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let reason = ended.reason.unwrap_or_default();
    Err(CloudError::NotPrepared {
        what: "the task that prepares the servers",
        why: [last, reason].join(" ").trim().to_owned(),
    })
}

async fn push_all(
    account: &Account,
    images: &Images,
    deployed: &Deployed,
    on: OnCloud<'_>,
) -> Result<(), CloudError> {
    on(CloudEvent::Step("pushing the images"));
    let login = account.step("pushing the images").registry_login().await?;
    let credentials = Credentials::Basic {
        user: login.user.clone(),
        password: Password::new(login.password()),
    };
    let patience = Patience::default();
    let mut sent = 0;
    for (name, task) in &deployed.tasks {
        let told = |event: PushEvent| match event {
            PushEvent::Retrying { step, why, .. } => {
                on(CloudEvent::Note(format!(
                    "{name}: {step} failed ({why}); trying again"
                )));
            }
            PushEvent::Present { .. } | PushEvent::Sending { .. } => {}
        };
        let pushed = push(
            &images.layout,
            name,
            &task.repository_url,
            &credentials,
            &patience,
            &told,
        );
        sent += pushed.await?.bytes_sent;
    }
    let mib = sent >> 20;
    on(CloudEvent::Note(format!(
        "{} images are in their repositories, {mib} MiB sent",
        deployed.tasks.len()
    )));
    Ok(())
}
