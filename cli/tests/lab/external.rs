//! A lab on servers that belong to somebody else, here another lab: it works there, is refused what it may not
//! do, and leaves nothing behind.

use std::path::PathBuf;

use rlab_lab::secrets::{ADMIN, Secrets};
use rlab_lab::spec::LabSpec;

use crate::clients::door;
use crate::held::everything;
use crate::scene::{Scene, evidence, state};

/// A profile of the servers of `host`, as `guest` reaches them, its passwords in files of `guest`.
fn profile(host: &Scene, guest: &Scene) -> PathBuf {
    let secrets = Secrets::load(&host.dir()).unwrap();
    let login = |server: &str, password: &str| {
        let file = guest.scratch().join(format!("{server}.password"));
        std::fs::write(&file, password).unwrap();
        format!(
            "login = {{ user = \"{ADMIN}\", password_file = \"{}\" }}",
            file.display()
        )
    };
    let brokers = [19_092, 19_192, 19_292].map(|port| format!("\"{}\"", door(host, port)));
    let agents = [
        "command-service",
        "outbox-relay",
        "consumer-service",
        "query-service",
    ];
    let agents = agents.map(|agent| format!("[agents.{agent}]\nzone = \"here\"\n"));
    let text = format!(
        "schema = \"rlab/profile/v1\"\nname = \"guest\"\nengine = \"external\"\nzones = [\"here\"]\n\
         [kafka]\nbrokers = [{}]\n{}\n[mysql]\naddress = \"{}\"\n{}\n[redis]\naddresses = [\"{}\"]\n{}\n\
         [registry]\nzone = \"here\"\nheap_mib = 96\n{}",
        brokers.join(", "),
        login("kafka", &secrets.kafka[ADMIN]),
        door(host, 13_306),
        login("mysql", &secrets.mysql[ADMIN]),
        door(host, 16_379),
        login("redis", &secrets.redis[ADMIN]),
        agents.concat(),
    );
    let file = guest.scratch().join("guest.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// A copy of `profile` with a part of it replaced.
fn altered(guest: &Scene, profile: &PathBuf, from: &str, to: &str) -> PathBuf {
    let text = std::fs::read_to_string(profile).unwrap();
    assert!(text.contains(from), "{text}");
    let file = guest.scratch().join("altered.toml");
    std::fs::write(&file, text.replace(from, to)).unwrap();
    file
}

#[test]
fn a_lab_on_servers_of_others_works_there_and_leaves_nothing() {
    let host = Scene::up();
    let guest = Scene::named("guest", host.port_offset() + 1_000);
    let profile = profile(&host, &guest);
    let up = |profile: &PathBuf| guest.rlab(&["up", "--profile", profile.to_str().unwrap()]);

    // What cannot be reached, or does not let us in, is told at once, and nothing is begun.
    let mysql = door(&host, 13_306);
    let nowhere = altered(&guest, &profile, &mysql, "nowhere.invalid:3306");
    up(&nowhere)
        .exited(2)
        .says("mysql at nowhere.invalid:3306")
        .says("cannot be looked up");
    let stranger = altered(&guest, &profile, ADMIN, "nobody_at_all");
    up(&stranger).exited(2).says("kafka-1").says("redis at");
    assert!(!guest.dir().exists());

    up(&profile).succeeded();
    let status = guest.status();
    assert_eq!(status["ready"], true, "{status:#}");
    for theirs in ["kafka-1", "kafka-2", "kafka-3", "mysql", "redis"] {
        assert_eq!(state(&status, theirs)["zone"], "theirs", "{status:#}");
        assert!(state(&status, theirs)["pid"].is_null(), "{status:#}");
    }
    guest.rlab(&["smoke"]).succeeded();
    let mark = LabSpec::load(&guest.dir()).unwrap().mark.unwrap();
    let ours = || -> Vec<String> {
        let mut held = everything(&host);
        held.retain(|name| name.contains(&mark));
        held
    };
    assert!(
        ours().contains(&format!("rlab_{mark}_main")),
        "{:?}",
        ours()
    );

    // Agents are the lab's own to kill.
    let root = evidence(&guest);
    let root = root.to_str().unwrap();
    let small = ["commands=3000", "relays=2", "consumers=1"];
    let small = small.iter().flat_map(|set| ["--set", set]);
    let drill: Vec<&str> = ["drill", "E-003", "--evidence", root, "--seed", "7"]
        .into_iter()
        .chain(small)
        .collect();
    guest.rlab(&drill).succeeded();
    let left = ours();
    assert!(!left.iter().any(|name| name.contains("e003")), "{left:?}");

    // Brokers are not, and are not touched.
    let before = left.len();
    guest
        .rlab(&["drill", "E-002", "--evidence", root])
        .exited(6)
        .says("broker.kill 2 in phase broker_out")
        .says("nothing here can do it");
    guest
        .rlab(&["node", "kill", "kafka-1"])
        .says("not run by this lab");
    assert_eq!(ours().len(), before);
    let hosts = host.status();
    assert_eq!(hosts["ready"], true, "{hosts:#}");

    guest
        .rlab(&["down", "--dry-run"])
        .succeeded()
        .says(&format!("rlab_{mark}_main"));
    guest
        .rlab(&["down"])
        .succeeded()
        .says(&format!("rlab_{mark}_main"));
    assert_eq!(ours(), Vec::<String>::new());
    host.rlab(&["smoke"]).succeeded();
    guest.ends_clean();
    host.ends_clean();
}
