//! The numbers that Redis holds in the end, under every key that a load may have written to.

use rlab_evidence::JsonlWriter;
use rlab_lab::servers::{Site, connect_redis};
use rlab_ledger::Fact;

use super::failed;
use crate::error::DrillError;

/// Keys asked for at once.
const BATCH: usize = 1_000;

/// Keys named `<prefix>-<number>`, the numbers from 0.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub prefix: String,
    pub count: u32,
}

/// Reads every key of the primary that the name leads to; one that is not there holds 0.
pub(super) async fn read(
    site: &Site,
    all: &[Keys],
    facts: &mut JsonlWriter<Fact>,
) -> Result<(), DrillError> {
    if all.is_empty() {
        return Ok(());
    }
    let address = site.address("redis").map_err(|e| failed("Redis", e))?;
    let connecting = connect_redis(site, address).await;
    let mut connection = connecting.map_err(|e| failed("Redis", e))?;
    for keys in all {
        let names: Vec<String> = (0..keys.count)
            .map(|number| format!("{}-{number}", keys.prefix))
            .collect();
        for names in names.chunks(BATCH) {
            let held = get(names).query_async(&mut connection).await;
            let held: Vec<Option<u64>> = held.map_err(|e| failed("Redis", e))?;
            for (key, number) in names.iter().zip(held) {
                facts.write(&Fact::Number {
                    key: key.clone(),
                    number: number.unwrap_or_default(),
                })?;
            }
        }
    }
    Ok(())
}

/// A command for each key: they lie in several hash slots, and a cluster refuses a command about all of them.
fn get(names: &[String]) -> redis::Pipeline {
    let mut all = redis::pipe();
    for name in names {
        all.cmd("GET").arg(name);
    }
    all
}

#[cfg(test)]
mod tests {
    use redis::Arg;
    use rlab_compat::one_slot;

    use super::*;

    #[test]
    fn numbers_lie_in_several_slots_and_no_command_asks_for_two() {
        let names: Vec<String> = (0..3).map(|number| format!("n:kv-{number}")).collect();
        assert!(!one_slot(names.iter().map(String::as_bytes)));
        let all = get(&names);
        assert_eq!(all.cmd_iter().count(), names.len());
        for (command, name) in all.cmd_iter().zip(&names) {
            let words: Vec<_> = command.args_iter().collect();
            let wanted = [Arg::Simple(b"GET".as_slice()), Arg::Simple(name.as_bytes())];
            assert_eq!(words, wanted);
        }
    }
}
