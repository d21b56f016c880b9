//! The file against what the lab expects of it. No engine is asked.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

/// The file as `docker compose` would see it in a lab whose ports are moved by `offset`.
fn file(offset: u16) -> (Value, BTreeMap<String, String>) {
    let home = tempfile::tempdir().unwrap();
    environment::provide(home.path(), offset).unwrap();
    let told = environment::read(home.path()).unwrap();
    let text = told.iter().fold(FILE.to_owned(), |text, (name, value)| {
        text.replace(&format!("${{{name}:?}}"), value)
    });
    let document = rlab_document::read_yaml::<Value>("docker-compose.local.yml", &text).unwrap();
    (document.value, told)
}

fn services(file: &Value) -> &serde_json::Map<String, Value> {
    file["services"].as_object().unwrap()
}

fn ports(service: &Value) -> Vec<&str> {
    let ports = service["ports"].as_array().into_iter().flatten();
    ports.map(|port| port.as_str().unwrap()).collect()
}

#[test]
fn every_variable_is_one_that_up_fills_in_and_each_of_those_is_used() {
    let (file, told) = file(0);
    let left = file.to_string();
    assert!(!left.contains("${"), "{left}");
    for name in told.keys() {
        assert!(FILE.contains(&format!("${{{name}:?}}")), "{name}");
    }
}

#[test]
fn nothing_is_published_but_on_loopback_and_the_servers_are_where_the_lab_looks_for_them() {
    let (file, _) = file(1_000);
    let published: Vec<&str> = services(&file).values().flat_map(ports).collect();
    assert!(
        published.iter().all(|p| p.starts_with("127.0.0.1:")),
        "{published:?}"
    );
    let servers = servers(1_000).unwrap();
    let of = |reached: Reached| reached.addresses.into_iter().map(|a| a.to_string());
    let wanted = of(servers.kafka).zip(["kafka-1", "kafka-2", "kafka-3"]);
    let wanted = wanted.chain(of(servers.mysql).zip(["mysql"]));
    let wanted = wanted.chain(of(servers.redis).zip(["redis", "redis-2"]));
    let mut count = 0;
    for (address, service) in wanted {
        let port = ports(&services(&file)[service])[0];
        assert!(
            port.starts_with(&format!("{address}:")),
            "{service}: {port}"
        );
        count += 1;
    }
    assert_eq!(count, 6);
    let ui = ports(&services(&file)["kafka-ui"])[0].to_owned();
    assert_eq!(ui, "127.0.0.1:19090:8080");
}

#[test]
fn brokers_advertise_to_clients_what_is_published() {
    let (file, told) = file(0);
    for id in 1..=3 {
        let environment = &services(&file)[&format!("kafka-{id}")]["environment"];
        let port = &told[&format!("RLAB_KAFKA_{id}_PORT")];
        let advertised = environment["KAFKA_ADVERTISED_LISTENERS"].as_str().unwrap();
        assert!(
            advertised.starts_with(&format!("CLIENT://127.0.0.1:{port},")),
            "{advertised}"
        );
        assert_eq!(environment["KAFKA_NODE_ID"], id.to_string());
        assert_eq!(environment["KAFKA_MIN_INSYNC_REPLICAS"], "2");
    }
}

#[test]
fn passwords_are_in_environments_alone_and_those_the_lab_shows() {
    let home = tempfile::tempdir().unwrap();
    let dir = crate::LabHome::at(home.path()).lab("one").unwrap();
    files::make_dir(&dir.compose()).unwrap();
    environment::provide(&dir.compose(), 0).unwrap();
    let secrets = secrets(&dir, "token".to_owned()).unwrap();
    let told = environment::read(&dir.compose()).unwrap();
    assert_eq!(secrets.mysql[MYSQL_USER], told[environment::MYSQL_PASSWORD]);
    assert_eq!(secrets.redis[REDIS_USER], told[environment::REDIS_PASSWORD]);
    let servers = servers(0).unwrap();
    assert_eq!(servers.kafka.user, Who::Nobody);
    assert_eq!(servers.mysql.user, Who::User(MYSQL_USER.to_owned()));
    let (file, told) = file(0);
    for (name, service) in services(&file) {
        let mut rest = service.clone();
        rest.as_object_mut().unwrap().remove("environment");
        let rest = rest.to_string();
        let shown = told.iter().filter(|(name, _)| name.ends_with("_PASSWORD"));
        for (variable, password) in shown {
            assert!(!rest.contains(password), "{name} has {variable} in {rest}");
        }
    }
}

#[test]
fn images_are_pinned_and_servers_are_of_the_versions_that_a_local_lab_runs() {
    let versions = rlab_artifacts::lock().versions.clone();
    let (file, _) = file(0);
    for (name, service) in services(&file) {
        let (image, tag) = service["image"].as_str().unwrap().split_once(':').unwrap();
        assert!(tag.contains('.') && tag != "latest", "{name}: {tag}");
        let server = match image {
            "apache/kafka" => "kafka",
            "mysql" | "redis" => image,
            _ => continue,
        };
        assert_eq!(versions[server], tag, "{name}");
    }
}

#[test]
fn what_watches_comes_up_only_when_it_is_wanted_and_scrapes_every_agent() {
    let (file, _) = file(0);
    let optional: BTreeSet<&str> = services(&file)
        .iter()
        .filter(|(_, service)| service["profiles"][0] == OBSERVABILITY)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(optional, BTreeSet::from(["grafana", "prometheus"]));
    let scraped = file["configs"]["prometheus"]["content"].as_str().unwrap();
    let nodes = crate::layout::nodes(&crate::profile::LabProfile::load("compose").unwrap(), 0);
    for node in nodes.unwrap() {
        if node.kind == crate::spec::NodeKind::Agent && !node.is_spare() {
            let door = node.door_address().unwrap().to_string();
            assert!(
                scraped.contains(&door),
                "{} at {door}: {scraped}",
                node.name
            );
        }
    }
}
