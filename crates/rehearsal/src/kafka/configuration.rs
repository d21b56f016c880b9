//! Configurations and their revisions.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kafka::route::Action as A;
use crate::kafka::store::Store;
use crate::kafka::{Request, bad_request, not_found};
use crate::protocol::refusal::Refusal;
use crate::protocol::time;

/// A named set of broker properties.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    arn: String,
    name: String,
    kafka_versions: Value,
    created: Timestamp,
    description: String,
    /// Revision 1 first; never empty.
    revisions: Vec<Revision>,
}

#[derive(Debug, Clone)]
struct Revision {
    created: Timestamp,
    description: String,
    /// Base64, as it came.
    properties: Value,
}

/// Answers everything about configurations.
pub(crate) fn answer(
    store: &mut Store,
    request: &Request<'_>,
    account: &str,
) -> Result<Value, Refusal> {
    let arn = &request.route.arn;
    match request.route.action {
        A::CreateConfiguration => create(store, request, account),
        A::ListConfigurations => {
            let all = store.configurations.values().map(Configuration::told);
            request.page("configurations", all.collect())
        }
        A::DescribeConfiguration => Ok(find(store, arn)?.told()),
        A::UpdateConfiguration => {
            let revision = Revision::of(request);
            let configuration = find(store, arn)?;
            configuration.revisions.push(revision);
            Ok(json!({ "arn": arn, "latestRevision": configuration.latest() }))
        }
        A::DeleteConfiguration => {
            find(store, arn)?;
            store.configurations.remove(arn);
            Ok(json!({ "arn": arn, "state": "DELETING" }))
        }
        A::ListConfigurationRevisions => {
            let configuration = find(store, arn)?;
            let revisions = (1..).zip(&configuration.revisions);
            let told = revisions.map(|(number, revision)| revision.told(number));
            request.page("revisions", told.collect())
        }
        _ => {
            let number = request.route.revision;
            let configuration = find(store, arn)?;
            let place = usize::try_from(number)
                .ok()
                .and_then(|number| number.checked_sub(1));
            let revision = place.and_then(|place| configuration.revisions.get(place));
            let revision = revision.ok_or_else(not_found)?;
            let mut told = revision.told(number);
            told["arn"] = json!(arn);
            told["serverProperties"] = revision.properties.clone();
            Ok(told)
        }
    }
}

fn create(store: &mut Store, request: &Request<'_>, account: &str) -> Result<Value, Refusal> {
    let name = request.text("name").to_owned();
    if store
        .configurations
        .values()
        .any(|other| other.name == name)
    {
        let message = "A resource with this name already exists.";
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "ConflictException",
            message,
        ));
    }
    let region = &request.call.scope.region;
    let arn = format!(
        "arn:aws:kafka:{region}:{account}:configuration/{name}/{}-1",
        Uuid::new_v4()
    );
    let revision = Revision::of(request);
    let configuration = Configuration {
        arn: arn.clone(),
        name,
        kafka_versions: request.body["kafkaVersions"].clone(),
        created: revision.created,
        description: revision.description.clone(),
        revisions: vec![revision],
    };
    let told = configuration.told();
    store.configurations.insert(arn, configuration);
    Ok(told)
}

/// AWS answers 400, not 404, for a configuration that is gone.
fn find<'a>(store: &'a mut Store, arn: &str) -> Result<&'a mut Configuration, Refusal> {
    let found = store.configurations.get_mut(arn);
    found.ok_or_else(|| bad_request("Configuration ARN does not exist"))
}

impl Configuration {
    fn latest(&self) -> Value {
        let revisions = (1..).zip(&self.revisions);
        let told = revisions
            .last()
            .map(|(number, revision)| revision.told(number));
        told.unwrap_or_default()
    }

    fn told(&self) -> Value {
        json!({
            "arn": self.arn,
            "name": self.name,
            "creationTime": time::iso(self.created),
            "description": self.description,
            "kafkaVersions": self.kafka_versions,
            "latestRevision": self.latest(),
            "state": "ACTIVE",
        })
    }
}

impl Revision {
    fn of(request: &Request<'_>) -> Self {
        Self {
            created: Timestamp::now(),
            description: request.text("description").to_owned(),
            properties: request.body["serverProperties"].clone(),
        }
    }

    fn told(&self, number: u64) -> Value {
        json!({
            "revision": number,
            "creationTime": time::iso(self.created),
            "description": self.description,
        })
    }
}
