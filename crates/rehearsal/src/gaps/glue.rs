//! Glue registries: the emulator forgets their tags.

use serde_json::{Value, json};

use crate::gaps::Notes;
use crate::rehearsal::Call;

pub(super) fn mend(notes: &mut Notes, call: &Call) -> Option<String> {
    let asked: Value = serde_json::from_slice(&call.body).ok()?;
    if call.action == "CreateRegistry" {
        let name = asked["RegistryName"].as_str()?.to_owned();
        notes.registries.insert(name, asked["Tags"].clone());
        return None;
    }
    let (_, name) = asked["ResourceArn"].as_str()?.split_once(":registry/")?;
    let tags = notes.registries.get(name)?;
    Some(json!({ "Tags": tags }).to_string())
}
