//! RDS and ElastiCache: facts of requests, put back into the answers that lack them.

use crate::gaps::Notes;
use crate::protocol::form::Form;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal, lock};

/// Most parameters of one request: AWS's limit.
const MAX_PARAMETERS: usize = 20;

/// Remembers what the emulator will forget of a call.
pub(crate) fn note(rehearsal: &Rehearsal, call: &Call) {
    let mut notes = lock(&rehearsal.notes);
    match call.action.as_str() {
        "CreateUser" | "ModifyUser" => user(&mut notes, &call.form),
        "ModifyCacheParameterGroup" => parameters(&mut notes, &call.form),
        "DeleteCacheParameterGroup" => {
            notes
                .parameters
                .remove(call.form.get("CacheParameterGroupName").unwrap_or_default());
        }
        "CreateReplicationGroup" => {
            let form = &call.form;
            if let (Some(id), Some(key)) = (form.get("ReplicationGroupId"), form.get("KmsKeyId")) {
                notes.keys.insert(id.to_owned(), key.to_owned());
            }
        }
        "CreateDBInstance" => exports(&mut notes, &call.form, "EnableCloudwatchLogsExports"),
        "ModifyDBInstance" => {
            let list = "CloudwatchLogsExportConfiguration.EnableLogTypes";
            exports(&mut notes, &call.form, list);
        }
        _ => {}
    }
}

fn user(notes: &mut Notes, form: &Form) {
    if let (Some(id), Some(kind)) = (form.get("UserId"), form.get("AuthenticationMode.Type")) {
        let told = match kind {
            "no-password-required" => "no-password",
            kind => kind,
        };
        notes.authentication.insert(id.to_owned(), told.to_owned());
    }
}

fn parameters(notes: &mut Notes, form: &Form) {
    let Some(group) = form.get("CacheParameterGroupName") else {
        return;
    };
    let names = notes.parameters.entry(group.to_owned()).or_default();
    let prefix = "ParameterNameValues.ParameterNameValue";
    for number in 1..=MAX_PARAMETERS {
        if let Some(name) = form.get(&format!("{prefix}.{number}.ParameterName")) {
            names.push(name.to_owned());
        }
    }
}

fn exports(notes: &mut Notes, form: &Form, list: &str) {
    let kinds: Vec<String> = form.list(list).into_iter().map(str::to_owned).collect();
    if let (Some(id), false) = (form.get("DBInstanceIdentifier"), kinds.is_empty()) {
        notes.exports.insert(id.to_owned(), kinds);
    }
}

/// Users' authentication, groups' keys, and only the parameters that were set where only those are
/// asked for.
pub(crate) fn mend_elasticache(rehearsal: &Rehearsal, call: &Call, told: &mut Element) {
    let notes = lock(&rehearsal.notes);
    let mut user = |user: &mut Element| {
        if let Some(kind) = notes.authentication.get(user.value("UserId"))
            && let Some(authentication) = user.child_mut("Authentication")
        {
            authentication.set_text("Type", kind);
        }
    };
    told.each("member", &mut user);
    told.each("CreateUserResult", &mut user);
    told.each("ModifyUserResult", &mut user);
    told.each("ReplicationGroup", &mut |group| {
        if let Some(key) = notes.keys.get(group.value("ReplicationGroupId")) {
            group.set_text("KmsKeyId", key);
        }
    });
    if call.action == "DescribeCacheParameters" && call.form.get("Source") == Some("user") {
        let group = call.form.get("CacheParameterGroupName").unwrap_or_default();
        let set = notes.parameters.get(group).map_or(&[][..], Vec::as_slice);
        told.each("Parameters", &mut |parameters| {
            let kept = |parameter: &Element| {
                set.iter()
                    .any(|name| parameter.value("ParameterName") == name)
            };
            parameters.children.retain(kept);
        });
    }
}

/// Log exports of instances.
pub(crate) fn mend_rds(rehearsal: &Rehearsal, told: &mut Element) {
    let notes = lock(&rehearsal.notes);
    told.each("DBInstance", &mut |instance| {
        if let Some(kinds) = notes.exports.get(instance.value("DBInstanceIdentifier")) {
            let members = kinds.iter().map(|kind| Element::text("member", kind));
            instance.set(Element::new(
                "EnabledCloudwatchLogsExports",
                members.collect(),
            ));
        }
    });
}
