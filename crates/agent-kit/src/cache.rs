//! What the cache's writer and its invalidator agree on: names of keys, and the scripts that keep an
//! old document from coming back.
//!
//! A reader that misses, reads a row and is slow may try to store it after the row has changed and its
//! entry was dropped. Therefore an invalidation leaves a floor, the version it speaks of, and nothing
//! below the floor is stored. Braces make Redis Cluster keep all keys of an item in one slot.

use std::time::Duration;

use redis::{Cmd, Pipeline};

/// How long a floor stands: longer than any reader may take between its read and its write.
pub const FLOOR_TTL: Duration = Duration::from_secs(60);

/// Stores an entry unless its version is below the floor or below that of the entry held.
const STORE: &str = "\
local version = tonumber(ARGV[1]) \
if version < tonumber(redis.call('GET', KEYS[1]) or 0) then return 0 end \
if version < tonumber(redis.call('HGET', KEYS[2], 'version') or 0) then return 0 end \
redis.call('HSET', KEYS[2], 'version', ARGV[1], 'tag', ARGV[2], 'body', ARGV[3]) \
redis.call('PEXPIRE', KEYS[2], ARGV[4]) \
return 1";

/// Raises the floor, never lowers it, and drops what is below.
const RAISE: &str = "\
local floor = tonumber(redis.call('GET', KEYS[1]) or 0) \
if tonumber(ARGV[1]) > floor then floor = tonumber(ARGV[1]) end \
redis.call('SET', KEYS[1], string.format('%.0f', floor), 'PX', ARGV[2]) \
for i = 2, #KEYS do \
  local held = redis.call('HGET', KEYS[i], 'version') \
  if held and tonumber(held) < floor then redis.call('DEL', KEYS[i]) end \
end \
return 1";

/// What is cached of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The read model's row.
    Summary,
    /// The row with its valuation.
    Document,
}

impl Entry {
    const ALL: [Self; 2] = [Self::Summary, Self::Document];

    /// Key of this entry of `item` under a namespace's `prefix`.
    pub fn key(self, prefix: &str, item: &str) -> String {
        let name = match self {
            Self::Summary => "summary",
            Self::Document => "document",
        };
        format!("{prefix}{{{item}}}:{name}")
    }
}

fn floor_key(prefix: &str, item: &str) -> String {
    format!("{prefix}{{{item}}}:floor")
}

fn entry_keys(prefix: &str, item: &str) -> [String; 2] {
    Entry::ALL.map(|entry| entry.key(prefix, item))
}

/// Asks for version, tag and body of an entry, each nil when there is none.
pub fn fetch(prefix: &str, item: &str, entry: Entry) -> Cmd {
    let mut command = redis::cmd("HMGET");
    command
        .arg(entry.key(prefix, item))
        .arg(&["version", "tag", "body"]);
    command
}

/// Stores an entry of `item` that shows `version`, for `ttl`; answers 1, or 0 when it is outdated.
pub fn store(
    prefix: &str,
    item: &str,
    entry: Entry,
    (version, tag, body): (u64, &str, &[u8]),
    ttl: Duration,
) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command
        .arg(STORE)
        .arg(2)
        .arg(floor_key(prefix, item))
        .arg(entry.key(prefix, item))
        .arg(version)
        .arg(tag)
        .arg(body)
        .arg(millis(ttl));
    command
}

/// Adds to `batch`: `item` has reached `version`, and nothing older may be shown.
pub fn raise(batch: &mut Pipeline, prefix: &str, item: &str, version: u64) {
    let [summary, document] = entry_keys(prefix, item);
    batch
        .cmd("EVAL")
        .arg(RAISE)
        .arg(3)
        .arg(floor_key(prefix, item))
        .arg(summary)
        .arg(document)
        .arg(version)
        .arg(millis(FLOOR_TTL))
        .ignore();
}

/// Adds to `batch`: the entries of `item` are dropped, and may come back.
pub fn drop_entries(batch: &mut Pipeline, prefix: &str, item: &str) {
    batch.cmd("DEL").arg(&entry_keys(prefix, item)).ignore();
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_of_an_item_lie_in_one_slot_under_the_prefix() {
        let keys = [
            floor_key("ns:", "a"),
            Entry::Summary.key("ns:", "a"),
            Entry::Document.key("ns:", "a"),
        ];
        assert!(
            keys.iter().all(|key| key.starts_with("ns:{a}:")),
            "{keys:?}"
        );
    }
}
