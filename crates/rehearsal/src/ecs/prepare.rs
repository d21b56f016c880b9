//! What a task needs before it can start: its image, its secrets, its log stream.
//!
//! Each that is missing stops the task in the words of Fargate.

use serde_json::{Value, json};

use super::definition::Definition;
use super::emulator::{ECR, Place, SECRETS, ask};
use super::logs::Stream;
use super::plane::Container;
use crate::ecr;
use crate::protocol::refusal::Refusal;
use crate::rehearsal::Rehearsal;

/// The number of parts of the ARN of a whole secret; more name a key or a version in it.
const SECRET_ARN_PARTS: usize = 7;

/// Why a task does not start, as `stoppedReason` tells it.
pub(super) type Obstacle = String;

/// Finds the image, resolves the secrets into `container`, and makes the streams of `tasks`.
pub(super) async fn prepare(
    rehearsal: &Rehearsal,
    place: &Place,
    definition: &Definition,
    mut container: Container,
    tasks: &[String],
) -> Result<Container, Obstacle> {
    image(rehearsal, place, &definition.image).await?;
    for (variable, arn) in &definition.secrets {
        let value = secret(rehearsal, place, arn).await?;
        container.environment.insert(variable.clone(), value);
    }
    for task in tasks {
        if let Some(stream) = Stream::of(definition, &place.account, task) {
            stream.make(rehearsal).await.map_err(|refusal| {
                let Refusal { code, message, .. } = refusal;
                format!(
                    "ResourceInitializationError: failed to validate logger args: create stream has \
                     been retried 1 times: failed to create Cloudwatch log stream: {code}: {message}"
                )
            })?;
        }
    }
    let environment = &mut container.environment;
    let surroundings = [
        ("AWS_REGION", place.region.clone()),
        ("AWS_DEFAULT_REGION", place.region.clone()),
        ("AWS_ENDPOINT_URL", rehearsal.url()),
        // In place of the credentials of its role, which Fargate would offer on an address of its own.
        ("AWS_ACCESS_KEY_ID", place.account.clone()),
        ("AWS_SECRET_ACCESS_KEY", "rehearsal".to_owned()),
    ];
    for (name, value) in surroundings {
        environment.entry(name.to_owned()).or_insert(value);
    }
    Ok(container)
}

/// Whether the image was pushed.
async fn image(rehearsal: &Rehearsal, place: &Place, image: &str) -> Result<(), Obstacle> {
    let failed = |why: &str| format!("CannotPullContainerError: {why}");
    let Some((repository, id)) = ecr::repository(rehearsal, image) else {
        let why = format!("{image}: the rehearsal has no registry but its own");
        return Err(failed(&why));
    };
    let question = json!({ "repositoryName": repository, "imageIds": [id] });
    let told = ask(rehearsal, place, ECR, "BatchGetImage", &question).await;
    let told = told.map_err(|refusal| failed(&format!("{}: {}", refusal.code, refusal.message)))?;
    match told["images"]
        .as_array()
        .is_some_and(|found| !found.is_empty())
    {
        true => Ok(()),
        false => Err(failed(&format!(
            "pull image manifest has been retried 1 time(s): failed to resolve ref {image}: \
             {image}: not found"
        ))),
    }
}

/// The text of a secret.
async fn secret(rehearsal: &Rehearsal, place: &Place, arn: &str) -> Result<String, Obstacle> {
    let failed = |why: &str| {
        format!(
            "ResourceInitializationError: unable to pull secrets or registry auth: execution resource \
             retrieval failed: unable to retrieve secret from asm: service call has been retried 1 \
             time(s): failed to fetch secret {arn} from secrets manager: {why}"
        )
    };
    let parts = arn.split(':').count();
    if !arn.contains(":secretsmanager:") || parts != SECRET_ARN_PARTS {
        return Err(failed(
            "the rehearsal reads whole secrets of Secrets Manager only",
        ));
    }
    let question = json!({ "SecretId": arn });
    let told = ask(rehearsal, place, SECRETS, "GetSecretValue", &question).await;
    let told: Value =
        told.map_err(|refusal| failed(&format!("{}: {}", refusal.code, refusal.message)))?;
    match told["SecretString"].as_str() {
        Some(text) => Ok(text.to_owned()),
        // The emulator tells of a secret that was never written as if it had been.
        None => Err(failed(
            "ResourceNotFoundException: Secrets Manager can't find the specified secret value for \
             staging label: AWSCURRENT",
        )),
    }
}
