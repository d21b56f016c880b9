//! CloudWatch alarms: the emulator's Query answers leave out half of what was put.

use crate::forward::Answer;
use crate::gaps::Notes;
use crate::protocol::form::Form;
use crate::protocol::wire::Wire;
use crate::protocol::xml::Element;
use crate::rehearsal::Call;

/// Fields that come back as they were put.
const FIELDS: [&str; 7] = [
    "ActionsEnabled",
    "AlarmDescription",
    "DatapointsToAlarm",
    "Period",
    "Statistic",
    "TreatMissingData",
    "Unit",
];
/// Most dimensions of an alarm: CloudWatch's limit.
const MAX_DIMENSIONS: usize = 30;

pub(super) fn mend(notes: &mut Notes, call: &Call, answer: &Answer) -> Option<String> {
    if call.wire != Wire::Query {
        return None;
    }
    if let ("PutMetricAlarm", Some(name)) = (call.action.as_str(), call.form.get("AlarmName")) {
        notes.alarms.insert(name.to_owned(), call.form.clone());
        return None;
    }
    let mut told = answer.tree().ok()?;
    told.each("member", &mut |alarm| {
        if let Some(put) = notes.alarms.get(alarm.value("AlarmName")) {
            complete(alarm, put);
        }
    });
    Some(told.document())
}

fn complete(alarm: &mut Element, put: &Form) {
    for field in FIELDS {
        if let Some(value) = put.get(field) {
            alarm.set_text(field, value);
        }
    }
    for list in ["AlarmActions", "OKActions", "InsufficientDataActions"] {
        let members = put.list(list).into_iter();
        let members = members
            .map(|value| Element::text("member", value))
            .collect();
        alarm.set(Element::new(list, members));
    }
    let dimension = |number: usize| {
        let part = |name: &str| put.get(&format!("Dimensions.member.{number}.{name}"));
        let parts = vec![
            Element::text("Name", part("Name")?),
            Element::text("Value", part("Value")?),
        ];
        Some(Element::new("member", parts))
    };
    let dimensions = (1..=MAX_DIMENSIONS).map_while(dimension).collect();
    alarm.set(Element::new("Dimensions", dimensions));
}
