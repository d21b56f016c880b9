//! RDS and ElastiCache: facts of requests, put back into the answers that lack them.

use crate::gaps::Notes;
use crate::protocol::form::Form;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal, lock};

/// Most parameters of one request: AWS's limit.
const MAX_PARAMETERS: usize = 20;

/// What names an instance and a cluster.
const INSTANCE: &str = "DBInstanceIdentifier";
const CLUSTER: &str = "DBClusterIdentifier";

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
            let id = call.form.get("ReplicationGroupId").unwrap_or_default();
            match call.form.get("KmsKeyId") {
                Some(key) => notes.keys.insert(id.to_owned(), key.to_owned()),
                None => notes.keys.remove(id),
            };
        }
        "ResetCacheParameterGroup" if call.form.is_true("ResetAllParameters") => {
            notes
                .parameters
                .remove(call.form.get("CacheParameterGroupName").unwrap_or_default());
        }
        "CreateDBInstance" => created(&mut notes, &call.form, INSTANCE),
        "CreateDBCluster" => created(&mut notes, &call.form, CLUSTER),
        "ModifyDBInstance" => modified(&mut notes, &call.form, INSTANCE),
        "ModifyDBCluster" => modified(&mut notes, &call.form, CLUSTER),
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

/// Log exports of what is created.
fn created(notes: &mut Notes, form: &Form, kind: &'static str) {
    if let Some(id) = form.get(kind) {
        let exports = form.list("EnableCloudwatchLogsExports").into_iter();
        let exports = exports.map(str::to_owned).collect();
        notes.exports.insert((kind, id.to_owned()), exports);
    }
}

/// Log exports of what is changed.
fn modified(notes: &mut Notes, form: &Form, kind: &'static str) {
    if let Some(id) = form.get(kind) {
        let exports = notes.exports.entry((kind, id.to_owned())).or_default();
        let more = form
            .list("CloudwatchLogsExportConfiguration.EnableLogTypes")
            .into_iter();
        exports.extend(more.map(str::to_owned));
        let less = form.list("CloudwatchLogsExportConfiguration.DisableLogTypes");
        exports.retain(|export| !less.contains(&export.as_str()));
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

/// Log exports of instances and clusters.
pub(crate) fn mend_rds(rehearsal: &Rehearsal, told: &mut Element) {
    let notes = lock(&rehearsal.notes);
    for (element, kind) in [("DBInstance", INSTANCE), ("DBCluster", CLUSTER)] {
        told.each(element, &mut |told| {
            if let Some(kinds) = notes.exports.get(&(kind, told.value(kind).to_owned())) {
                let members = kinds.iter().map(|kind| Element::text("member", kind));
                told.set(Element::new(
                    "EnabledCloudwatchLogsExports",
                    members.collect(),
                ));
            }
        });
    }
}
