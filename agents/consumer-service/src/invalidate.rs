//! Dropping cache entries of items that changed.

use std::collections::BTreeSet;

use redis::Cmd;
use rlab_agent_kit::redis::{Redis, RedisUnavailable};
use rlab_store::effect::Effect;

/// Deletes the entries of all items in `batch`. Duplicates count: whoever applied them may have
/// died before it came to this.
pub async fn drop_entries(
    redis: &Redis,
    prefix: &str,
    batch: &[Effect],
) -> Result<(), RedisUnavailable> {
    if batch.is_empty() {
        return Ok(());
    }
    redis.query::<u64>(&command(prefix, batch)).await.map(drop)
}

fn command(prefix: &str, batch: &[Effect]) -> Cmd {
    let items: BTreeSet<&str> = batch.iter().map(|e| e.item_id.as_str()).collect();
    let mut command = redis::cmd("DEL");
    for item in items {
        command.arg(format!("{prefix}{item}"));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_named_once_under_the_prefix() {
        let effect = |item: &str| Effect {
            event_id: uuid::Uuid::nil(),
            item_id: item.into(),
            sequence: 1,
            occurred_at_us: 0,
            level_delta: 0,
            cost: 0,
            summary: String::new(),
        };
        let packed = command("ns:", &[effect("b"), effect("a"), effect("b")]).get_packed_command();
        let text = String::from_utf8(packed).unwrap();
        assert_eq!(text, "*3\r\n$3\r\nDEL\r\n$4\r\nns:a\r\n$4\r\nns:b\r\n");
    }
}
