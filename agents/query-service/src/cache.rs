//! Cache entries in Redis: the JSON answer of an item, under the namespace's prefix.

use std::time::Duration;

use rlab_agent_kit::redis::{Redis, RedisUnavailable};

/// Sets the entry unless it holds a newer version: a slow reader must not overwrite a quick one.
/// Run by EVAL each time, so that no script has to be loaded beforehand.
const SET_UNLESS_NEWER: &str = "\
local held = redis.call('GET', KEYS[1]) \
if held then \
  local ok, entry = pcall(cjson.decode, held) \
  if ok and tonumber(entry.version) and tonumber(entry.version) > tonumber(ARGV[1]) then \
    return 0 \
  end \
end \
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) \
return 1";

/// The cache of one namespace.
pub struct Cache {
    redis: Redis,
    prefix: String,
    ttl: Duration,
}

impl Cache {
    pub fn new(redis: Redis, prefix: &str, ttl: Duration) -> Self {
        Self {
            redis,
            prefix: prefix.to_owned(),
            ttl,
        }
    }

    /// The entry of `item`.
    pub async fn get(&self, item: &str) -> Result<Option<Vec<u8>>, RedisUnavailable> {
        let mut command = redis::cmd("GET");
        command.arg(self.key(item));
        self.redis.query(&command).await
    }

    /// Stores `body`, which shows `version` of `item`; tells whether nothing newer was there.
    pub async fn set(
        &self,
        item: &str,
        version: u64,
        body: &[u8],
    ) -> Result<bool, RedisUnavailable> {
        let ttl_ms = u64::try_from(self.ttl.as_millis()).unwrap_or(u64::MAX);
        let mut command = redis::cmd("EVAL");
        command
            .arg(SET_UNLESS_NEWER)
            .arg(1)
            .arg(self.key(item))
            .arg(version)
            .arg(body)
            .arg(ttl_ms);
        self.redis.query(&command).await
    }

    fn key(&self, item: &str) -> String {
        format!("{}{item}", self.prefix)
    }
}
