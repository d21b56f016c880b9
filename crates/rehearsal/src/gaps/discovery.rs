//! Cloud Map: the emulator takes an update of a service's records for the whole of its DNS configuration,
//! so that the namespace and the routing policy are gone.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::forward::Answer;
use crate::rehearsal::Call;

/// DNS configuration that a service was created with, by its id.
pub(super) type Services = BTreeMap<String, Value>;

/// What UpdateService cannot change.
const LASTING: [&str; 2] = ["NamespaceId", "RoutingPolicy"];

/// Takes down what a service is created with, and completes what is told of it later.
pub(super) fn mend(services: &mut Services, call: &Call, answer: &Answer) -> Option<String> {
    let mut told: Value = serde_json::from_slice(&answer.body).ok()?;
    let id = told["Service"]["Id"].as_str()?.to_owned();
    let config = &mut told["Service"]["DnsConfig"];
    if call.action == "CreateService" {
        services.insert(id, config.clone());
        return None;
    }
    let created = services.get(&id)?;
    for field in LASTING {
        if config[field].is_null() && !created[field].is_null() {
            config[field] = created[field].clone();
        }
    }
    Some(told.to_string())
}
