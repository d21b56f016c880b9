//! How an outside client reaches the servers of a lab.

use rlab_lab::home::LabDir;
use rlab_lab::layout::THEIRS;
use rlab_lab::protocol::LabStatus;
use rlab_lab::secrets::ADMIN;

/// How Kafka wants a user's name and password.
const KAFKA: &str = "security.protocol=SASL_PLAINTEXT sasl.mechanism=SCRAM-SHA-512";

/// Kind of server, as a client would call it, and how to reach it.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    name: &'static str,
    reach: String,
}

/// What to give to clients, where the passwords are, and what to type next.
pub fn render(status: &LabStatus, dir: &LabDir, command: &str) -> String {
    let ways = ways(status);
    let width = ways.iter().map(|way| way.name.len()).max().unwrap_or(0);
    let mut lines: Vec<String> = ways
        .iter()
        .map(|way| format!("  {:width$}  {}", way.name, way.reach))
        .collect();
    lines.push(format!("\n{}", passwords(dir)));
    lines.push(format!("next: {command} smoke"));
    lines.join("\n")
}

/// As whom to log in, for who has the addresses already.
pub fn login(status: &LabStatus, dir: &LabDir) -> String {
    match of_others(status) {
        true => format!("log in as the profile says; {}", passwords(dir)),
        false => format!("log in as {ADMIN} (Kafka: {KAFKA}); {}", passwords(dir)),
    }
}

/// Whether there are servers that the lab does not run.
fn of_others(status: &LabStatus) -> bool {
    status.nodes.iter().any(|node| node.zone == THEIRS)
}

fn passwords(dir: &LabDir) -> String {
    let file = dir.secrets();
    format!("passwords: {} (by server, then by user)", file.display())
}

fn ways(status: &LabStatus) -> Vec<Way> {
    let doors = |kind: &str| -> Vec<&str> {
        let of_kind = status.nodes.iter().filter(|node| node.kind == kind);
        of_kind.filter_map(|node| node.door.as_deref()).collect()
    };
    let agent = |name: &str| {
        let found = status.nodes.iter().find(|node| node.node == name);
        found.and_then(|node| node.door.as_deref())
    };
    let mut ways = Vec::new();
    let brokers = doors("broker").join(",");
    if !brokers.is_empty() {
        ways.push(Way {
            name: "Kafka",
            reach: format!("bootstrap.servers={brokers} {KAFKA} sasl.username={ADMIN}"),
        });
    }
    ways.extend(doors("mysql").into_iter().map(|door| Way {
        name: "MySQL",
        reach: format!("{} user {ADMIN}", host_and_port(door)),
    }));
    ways.extend(doors("redis").into_iter().map(|door| Way {
        name: "Redis",
        reach: format!("redis://{ADMIN}@{door}"),
    }));
    ways.extend(doors("registry").into_iter().map(|door| Way {
        name: "Schema registry",
        reach: format!("http://{door}/apis/ccompat/v7"),
    }));
    ways.extend(agent("command-service").map(|door| Way {
        name: "Commands",
        reach: format!("POST http://{door}/commands"),
    }));
    ways.extend(agent("query-service").map(|door| Way {
        name: "Queries",
        reach: format!("GET http://{door}/items/ITEM"),
    }));
    ways
}

fn host_and_port(door: &str) -> String {
    match door.rsplit_once(':') {
        Some((host, port)) => format!("host {host} port {port}"),
        None => door.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::status::tests::sample;

    #[test]
    fn every_kind_of_client_is_told_where_to_go() {
        let ways: Vec<String> = ways(&sample())
            .iter()
            .map(|way| format!("{}: {}", way.name, way.reach))
            .collect();
        assert_eq!(
            ways,
            [
                "Kafka: bootstrap.servers=127.0.0.1:19092,127.0.0.1:19192 security.protocol=SASL_PLAINTEXT \
                 sasl.mechanism=SCRAM-SHA-512 sasl.username=rlab_admin",
                "MySQL: host 127.0.0.1 port 13306 user rlab_admin",
                "Redis: redis://rlab_admin@127.0.0.1:16379",
                "Schema registry: http://127.0.0.1:18091/apis/ccompat/v7",
            ]
        );
    }
}
