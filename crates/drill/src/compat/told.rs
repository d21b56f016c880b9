//! What a judged listing comes to: values, words for the report, and the same again from an old journal.

use rlab_compat::{Judged, Listing, judge, needs};
use rlab_evidence::journal::Entry;
use rlab_runbook::{Value, ValueRef};
use serde::Deserialize;

use super::{ENTRY, known};
use crate::measured::Measured;

/// Names that a sentence lists; the journal has all of them.
const LISTED: usize = 12;

#[derive(Deserialize)]
struct Noted {
    phase: String,
    listing: Listing,
}

/// Every value by its name; none where there is no data.
pub(super) fn values(judged: &Judged) -> [(&'static str, Option<Value>); 9] {
    let number = |count: usize| Some(Value::Number(count as f64));
    let watched = |count: usize| judged.recorded.and_then(|_| number(count));
    [
        ("compat.probed", number(judged.probed)),
        ("compat.slipped", number(judged.slipped.len())),
        ("compat.denied", number(judged.denied.len())),
        ("compat.needed", number(judged.needed)),
        ("compat.denied_needed", number(judged.denied_needed.len())),
        ("compat.recorded", judged.recorded.and_then(number)),
        ("compat.unmodelled", watched(judged.unmodelled.len())),
        ("compat.cross_slot", watched(judged.cross_slot.len())),
        ("compat.unknown", number(judged.unknown.len())),
    ]
}

/// The wrong ones by name, the others by number.
pub(super) fn in_words(judged: &Judged) -> String {
    let mut words = vec![format!("{} asked for", judged.probed)];
    let named = [
        (
            "passed although the target does not give it",
            &judged.slipped,
        ),
        ("needed and not given", &judged.denied_needed),
        ("seen and not in the permission model", &judged.unmodelled),
        ("keys in several hash slots", &judged.cross_slot),
        ("not decided", &judged.unknown),
    ];
    for (what, names) in named.into_iter().filter(|(_, names)| !names.is_empty()) {
        let shown = names.iter().take(LISTED).cloned().collect::<Vec<_>>();
        let more = match names.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        words.push(format!("{what}: {}{more}", shown.join(", ")));
    }
    if !judged.denied.is_empty() {
        words.push(format!("{} denied here too", judged.denied.len()));
    }
    if let Some(recorded) = judged.recorded {
        words.push(format!("{recorded} commands seen in use"));
    }
    words.join("; ")
}

/// Judges the listings of the leg `arm` in an old journal again, and compares them with what was `measured`
/// then.
///
/// # Errors
/// What does not fit together.
pub(crate) fn verify(entries: &[Entry], arm: &str, measured: &Measured) -> Result<(), String> {
    let of_leg = entries.iter().filter(|entry| {
        let data = &entry.data;
        entry.kind == ENTRY && data["arm"] == arm && data["listing"].is_object()
    });
    let sampled = measured.sampled();
    for entry in of_leg {
        let noted: Noted = serde_json::from_value(entry.data.clone())
            .map_err(|e| format!("line {}: {e}", entry.seq))?;
        let (lists, model) = known().map_err(|e| e.to_string())?;
        let judged = judge(&lists, &needs(&model), &noted.listing)
            .map_err(|e| format!("line {}: {e}", entry.seq))?;
        for (name, value) in values(&judged) {
            let measured = sampled.get(&ValueRef {
                name: name.to_owned(),
                phase: Some(noted.phase.clone()),
            });
            if measured.copied() != value {
                let line = entry.seq;
                return Err(format!(
                    "line {line}: `{name}` is not what its listing says"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged() -> Judged {
        Judged {
            probed: 30,
            slipped: (0..14).map(|n| format!("c{n}")).collect(),
            denied: Vec::new(),
            needed: 5,
            denied_needed: vec!["eval".to_owned()],
            recorded: None,
            unmodelled: Vec::new(),
            cross_slot: Vec::new(),
            unknown: Vec::new(),
        }
    }

    #[test]
    fn the_wrong_ones_are_named_and_how_many_more_there_are() {
        let words = in_words(&judged());
        assert!(
            words.contains("c0, c1,") && words.contains("c11 and 2 more"),
            "{words}"
        );
        assert!(words.contains("needed and not given: eval"), "{words}");
        assert!(!words.contains("not decided"), "{words}");
    }

    #[test]
    fn what_nobody_watched_is_no_data_and_not_none() {
        let of = |judged: &Judged, wanted: &str| {
            let named = values(judged);
            named.iter().find(|(name, _)| *name == wanted).unwrap().1
        };
        let mut judged = judged();
        assert_eq!(of(&judged, "compat.unmodelled"), None);
        assert_eq!(of(&judged, "compat.slipped"), Some(Value::Number(14.0)));
        judged.recorded = Some(3);
        assert_eq!(of(&judged, "compat.unmodelled"), Some(Value::Number(0.0)));
    }
}
