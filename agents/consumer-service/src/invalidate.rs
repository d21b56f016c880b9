//! Telling the cache which items changed.

use std::collections::BTreeMap;

use redis::Pipeline;
use rlab_agent_kit::cache;
use rlab_store::effect::Effect;
use serde::Deserialize;

/// What keeps readers from being shown what is outdated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invalidate {
    /// A floor below which nothing is stored any more.
    #[default]
    Versioned,
    /// The entry is dropped. Wrong on purpose: a slow reader may bring it back.
    Del,
    /// Nothing but the entry's time. Wrong on purpose.
    None,
}

/// What to tell Redis of the items in `batch`, in one round trip. Duplicates count: whoever applied
/// them may have died before it came to this.
pub fn commands(how: Invalidate, prefix: &str, batch: &[Effect]) -> Option<Pipeline> {
    let mut newest: BTreeMap<&str, u64> = BTreeMap::new();
    for effect in batch {
        let version = newest.entry(&effect.item_id).or_default();
        *version = effect.sequence.max(*version);
    }
    if newest.is_empty() || how == Invalidate::None {
        return None;
    }
    let mut commands = redis::pipe();
    for (item, version) in newest {
        match how {
            Invalidate::Versioned => cache::raise(&mut commands, prefix, item, version),
            Invalidate::Del => cache::drop_entries(&mut commands, prefix, item),
            Invalidate::None => {}
        }
    }
    Some(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(item: &str, sequence: u64) -> Effect {
        Effect {
            event_id: uuid::Uuid::nil(),
            item_id: item.into(),
            sequence,
            occurred_at_us: 0,
            level_delta: 0,
            cost: 0,
            summary: String::new(),
        }
    }

    #[test]
    fn each_item_is_named_once_with_its_newest_version() {
        let batch = [effect("b", 3), effect("a", 1), effect("b", 2)];
        let commands = commands(Invalidate::Versioned, "ns:", &batch).unwrap();
        let text = String::from_utf8(commands.get_packed_pipeline()).unwrap();
        assert_eq!(text.matches("EVAL").count(), 2);
        let b = &text[text.find("ns:{b}:document").unwrap()..];
        assert!(b.starts_with("ns:{b}:document\r\n$1\r\n3\r\n"), "{b}");
    }

    #[test]
    fn nothing_is_told_of_nothing_and_where_nothing_is_to_be_told() {
        assert!(commands(Invalidate::Versioned, "ns:", &[]).is_none());
        assert!(commands(Invalidate::None, "ns:", &[effect("a", 1)]).is_none());
    }
}
