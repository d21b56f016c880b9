//! What agents give Redis while a load runs: every command as `MONITOR` shows it, told apart by the user of its
//! connection, and counted against `INFO commandstats` between two moments, so that none was missed.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use redis::aio::MultiplexedConnection;
use rlab_compat::{Kind, Need, Recorded, one_slot};
use rlab_lab::servers::{Site, connect_redis, redis_client};
use tokio::time::{Instant, timeout_at};

/// After the second count, for what was on its way.
const REST: Duration = Duration::from_millis(300);
/// Between two looks at who is connected.
const LOOK: Duration = Duration::from_millis(500);
/// Commands that are named with their subcommand.
const CONTAINERS: [&str; 10] = [
    "acl", "client", "cluster", "config", "function", "latency", "memory", "object", "pubsub",
    "script",
];
/// Commands without keys.
const WITHOUT_KEYS: [&str; 4] = ["info", "ping", "role", "scan"];

/// A line of `MONITOR`.
struct Line {
    /// Address of the client; none for what a script calls.
    from: Option<String>,
    words: Vec<Vec<u8>>,
}

/// Records for `time` what the agents in `users` (user → agent) do.
///
/// # Errors
/// A text: Redis did not answer, or something was missed.
pub(super) async fn watch(
    site: &Site,
    time: Duration,
    users: &BTreeMap<String, String>,
    needs: &[Need],
) -> Result<Vec<Recorded>, String> {
    let said = |e: redis::RedisError| e.to_string();
    let address = site.address("redis").map_err(|e| e.to_string())?;
    let mut connection = connect_redis(site, address.clone()).await?;
    let client = redis_client(site, address).await?;
    let monitor = client.get_async_monitor().await.map_err(said)?;
    let mut lines = monitor.into_on_message::<String>();
    let mut clients = clients(&mut connection).await.map_err(said)?;
    let before = counts(&mut connection).await.map_err(said)?;
    let end = Instant::now() + time;
    let mut seen = Vec::new();
    while Instant::now() < end {
        let look = end.min(Instant::now() + LOOK);
        while let Ok(Some(line)) = timeout_at(look, lines.next()).await {
            seen.push(line);
        }
        // A connection that comes and goes between two looks has no user that is known.
        clients.extend(self::clients(&mut connection).await.map_err(said)?);
    }
    let after = counts(&mut connection).await.map_err(said)?;
    let rest = Instant::now() + REST;
    while let Ok(Some(line)) = timeout_at(rest, lines.next()).await {
        seen.push(line);
    }
    let lines: Vec<Line> = seen.iter().filter_map(|line| parse(line)).collect();
    if lines.len() < seen.len() {
        return Err("MONITOR told something that is no command".to_owned());
    }
    missed(&lines, &before, &after, needs)?;
    Ok(by_agent(&lines, &clients, users))
}

/// Whether `MONITOR`, which was there before the first count and after the second, showed as many of each
/// command that agents need as were counted.
fn missed(
    lines: &[Line],
    before: &BTreeMap<String, u64>,
    after: &BTreeMap<String, u64>,
    needs: &[Need],
) -> Result<(), String> {
    let mut shown: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines {
        *shown.entry(name(line)).or_default() += 1;
    }
    for need in needs.iter().filter(|need| need.kind == Kind::Command) {
        let of = |counts: &BTreeMap<String, u64>| counts.get(&need.name).copied().unwrap_or(0);
        let counted = of(after).saturating_sub(of(before));
        if of(&shown) < counted {
            let (name, shown) = (&need.name, of(&shown));
            return Err(format!(
                "{counted} times {name} were counted and {shown} shown"
            ));
        }
    }
    Ok(())
}

/// The commands of each agent; what a script calls is its caller's.
fn by_agent(
    lines: &[Line],
    clients: &BTreeMap<String, String>,
    users: &BTreeMap<String, String>,
) -> Vec<Recorded> {
    let mut recorded: BTreeMap<(String, String), Recorded> = BTreeMap::new();
    let mut caller = None;
    for line in lines {
        if let Some(address) = &line.from {
            caller = clients.get(address).and_then(|user| users.get(user));
        }
        let Some(agent) = caller else { continue };
        let command = name(line);
        let keys = keys(&command, &line.words);
        let entry = recorded
            .entry((agent.clone(), command.clone()))
            .or_insert_with(|| Recorded {
                agent: agent.clone(),
                command,
                calls: 0,
                most_keys: 0,
                cross_slot: 0,
            });
        entry.calls += 1;
        entry.most_keys = entry.most_keys.max(keys.len());
        entry.cross_slot += u64::from(!one_slot(keys));
    }
    recorded.into_values().collect()
}

/// The command as Redis's rules name it.
fn name(line: &Line) -> String {
    let word = |at: usize| {
        let word = line.words.get(at).map_or(&[][..], Vec::as_slice);
        String::from_utf8_lossy(word).to_lowercase()
    };
    let command = word(0);
    match CONTAINERS.contains(&command.as_str()) {
        true => format!("{command}|{}", word(1)),
        false => command,
    }
}

/// The keys of a command.
fn keys<'a>(command: &str, words: &'a [Vec<u8>]) -> Vec<&'a [u8]> {
    let arguments = words.get(1..).unwrap_or_default();
    let keys: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
    match command {
        "del" | "unlink" | "exists" | "touch" | "mget" => keys,
        "mset" | "msetnx" => keys.into_iter().step_by(2).collect(),
        "eval" | "evalsha" | "eval_ro" | "evalsha_ro" => {
            let count = keys
                .get(1)
                .and_then(|n| std::str::from_utf8(n).ok()?.parse().ok());
            keys.into_iter().skip(2).take(count.unwrap_or(0)).collect()
        }
        _ if WITHOUT_KEYS.contains(&command) => Vec::new(),
        _ => keys.into_iter().take(1).collect(),
    }
}

/// Users by the address of their connection.
async fn clients(
    connection: &mut MultiplexedConnection,
) -> Result<BTreeMap<String, String>, redis::RedisError> {
    let mut list = redis::cmd("CLIENT");
    let told: String = list.arg("LIST").query_async(connection).await?;
    let field = |line: &str, name: &str| {
        let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
        let (_, value) = fields.find(|(key, _)| *key == name)?;
        Some(value.to_owned())
    };
    let lines = told.lines();
    Ok(lines
        .filter_map(|line| Some((field(line, "addr")?, field(line, "user")?)))
        .collect())
}

/// Calls by command since the server started.
async fn counts(
    connection: &mut MultiplexedConnection,
) -> Result<BTreeMap<String, u64>, redis::RedisError> {
    let mut info = redis::cmd("INFO");
    let told: String = info.arg("commandstats").query_async(connection).await?;
    let counted = told.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let calls = rest.split(',').next()?.trim().parse().ok()?;
        Some((name.to_owned(), calls))
    });
    Ok(counted.collect())
}

/// `1700000000.123456 [0 127.0.0.1:4711] "GET" "key"`; a script's calls have `lua` for the address.
fn parse(line: &str) -> Option<Line> {
    let (_, rest) = line.split_once('[')?;
    let (from, rest) = rest.split_once(']')?;
    let (_, address) = from.split_once(' ')?;
    let mut words = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() {
        let (word, after) = quoted(rest)?;
        words.push(word);
        rest = after.trim_start();
    }
    (!words.is_empty()).then(|| Line {
        from: (address != "lua").then(|| address.to_owned()),
        words,
    })
}

/// The quoted word that `text` begins with, and what follows.
fn quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let bytes = text.as_bytes();
    let mut word = Vec::new();
    let mut at = 1;
    if bytes.first() != Some(&b'"') {
        return None;
    }
    loop {
        match *bytes.get(at)? {
            b'"' => return Some((word, text.get(at + 1..)?)),
            b'\\' => {
                at += 1;
                let escaped = *bytes.get(at)?;
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 7,
                    b'b' => 8,
                    b'x' => {
                        at += 2;
                        u8::from_str_radix(text.get(at - 1..=at)?, 16).ok()?
                    }
                    other => other,
                });
            }
            byte => word.push(byte),
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVAL: &str =
        r#"1.5 [0 127.1.0.1:7] "EVAL" "return \"\x00\"" "2" "n:{a}:floor" "n:{a}:document" "1""#;

    fn lines(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| parse(text).unwrap()).collect()
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn a_line_of_monitor_is_read_with_its_escapes() {
        let line = &lines(&[EVAL])[0];
        assert_eq!(line.from.as_deref(), Some("127.1.0.1:7"));
        assert_eq!(line.words[1], b"return \"\0\"");
        assert_eq!(
            keys("eval", &line.words),
            [b"n:{a}:floor", b"n:{a}:document".as_slice()]
        );
        assert!(parse(r#"1.5 [0 127.1.0.1:7] "GET" "cut"#).is_none());
    }

    #[test]
    fn what_a_script_calls_is_its_callers_and_strangers_are_left_out() {
        let seen = lines(&[
            EVAL,
            r#"1.6 [0 lua] "GET" "n:{a}:floor""#,
            r#"1.7 [0 127.1.0.1:8] "CONFIG" "GET" "bind""#,
            r#"1.8 [0 lua] "SET" "x" "1""#,
        ]);
        let clients = map(&[
            ("127.1.0.1:7", "query_service"),
            ("127.1.0.1:8", "rlab_admin"),
        ]);
        let users = map(&[("query_service", "query-service")]);
        let recorded = by_agent(&seen, &clients, &users);
        let told: Vec<&str> = recorded.iter().map(|r| r.command.as_str()).collect();
        assert_eq!(told, ["eval", "get"]);
        assert!(
            recorded
                .iter()
                .all(|r| r.agent == "query-service" && r.cross_slot == 0)
        );
    }

    #[test]
    fn keys_of_one_command_in_several_slots_are_counted() {
        let seen = lines(&[r#"1.5 [0 1:7] "DEL" "n:{a}:summary" "n:{b}:summary""#]);
        let recorded = by_agent(&seen, &map(&[("1:7", "u")]), &map(&[("u", "agent")]));
        assert_eq!((recorded[0].cross_slot, recorded[0].most_keys), (1, 2));
    }

    #[test]
    fn a_command_that_was_counted_and_not_shown_spoils_the_record() {
        let need = Need {
            server: rlab_runbook::Server::Redis,
            kind: Kind::Command,
            name: "get".to_owned(),
            value: None,
            by: std::collections::BTreeSet::new(),
            places: Vec::new(),
        };
        let counts = |calls| BTreeMap::from([("get".to_owned(), calls)]);
        let seen = lines(&[r#"1.5 [0 1:7] "GET" "a""#]);
        let missed = |after| {
            missed(
                &seen,
                &counts(10),
                &counts(after),
                std::slice::from_ref(&need),
            )
        };
        assert!(missed(11).is_ok());
        assert!(missed(12).is_err());
    }
}
