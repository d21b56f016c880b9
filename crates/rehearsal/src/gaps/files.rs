//! EFS: the emulator adds an `Id` to a file system's policy that nobody asked for.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use crate::forward::Answer;
use crate::rehearsal::Call;

/// Policies as they were put, by the path that names the file system.
pub(super) type Policies = BTreeMap<String, Value>;

/// Takes down a policy that is put, and gives back the one that was.
pub(super) fn mend(policies: &mut Policies, call: &Call, answer: &Answer) -> Option<String> {
    let path = call.parts.uri.path();
    if !path.ends_with("/policy") {
        return None;
    }
    if call.parts.method == Method::PUT {
        let asked: Value = serde_json::from_slice(&call.body).ok()?;
        policies.insert(path.to_owned(), asked["Policy"].clone());
    }
    let mut told: Value = serde_json::from_slice(&answer.body).ok()?;
    told["Policy"] = json!(policies.get(path)?);
    Some(told.to_string())
}
