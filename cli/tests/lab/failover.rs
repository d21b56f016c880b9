//! What takes over from MySQL and from Redis's primary, what is kept, and what a crash leaves.

use std::time::{Duration, Instant};

use redis::Connection;
use rlab_lab::in_charge;
use rlab_lab::processes::SUPERVISOR;
use rlab_lab::secrets::{ADMIN, Secrets};
use rlab_lab::servers::Site;
use serde_json::Value;

use crate::clients::{self, door, runtime};
use crate::scene::{Scene, signal, state};

const SOON: Duration = Duration::from_secs(60);
const AGENTS: [&str; 3] = ["command-service", "outbox-relay", "consumer-service"];

fn redis_at(scene: &Scene, address: &str) -> Connection {
    let password = &Secrets::load(&scene.dir()).unwrap().redis[ADMIN];
    let url = format!("redis://{ADMIN}:{password}@{address}");
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

fn site(scene: &Scene) -> Site {
    Site::load(scene.dir()).unwrap()
}

/// Names of the Redis nodes that say by themselves that they are primaries.
fn primaries(scene: &Scene) -> Vec<String> {
    let servers = site(scene).spec.redis().cloned().collect::<Vec<_>>();
    let says_so = |address: String| {
        let mut server = redis_at(scene, &address);
        let answer: Vec<redis::Value> = redis::cmd("ROLE").query(&mut server).unwrap();
        answer[0] == redis::Value::BulkString(b"master".to_vec())
    };
    servers
        .into_iter()
        .filter(|node| says_so(node.back_address(0).to_string()))
        .map(|node| node.name)
        .collect()
}

/// The lab is ready, `primary` alone is one and has the name, and status tells it.
fn redis_is_led_by(scene: &Scene, primary: &str) {
    let status = scene.wait_for("ready", SOON, |s| s["ready"] == true);
    assert_eq!(primaries(scene), [primary], "{status:#}");
    let named = runtime().block_on(in_charge::redis_primary(&site(scene)));
    assert_eq!(named.as_deref(), Some(primary), "{status:#}");
    for node in ["redis", "redis-2"] {
        let wanted = if node == primary {
            "primary"
        } else {
            "replica"
        };
        assert_eq!(state(&status, node)["role"], wanted, "{status:#}");
        assert_eq!(state(&status, node)["door"].is_null(), node != primary);
    }
}

fn mysql_is_in(scene: &Scene, zone: &str) {
    let status = scene.wait_for("ready", SOON, |s| s["ready"] == true);
    assert_eq!(state(&status, "mysql")["zone"], zone, "{status:#}");
    let seen = runtime().block_on(in_charge::mysql_zone(&site(scene)));
    assert_eq!(seen.as_deref(), Some(zone));
    let servers = scene.processes();
    let servers = servers.iter().filter(|p| p.node == "mysql" && p.leader);
    assert_eq!(servers.count(), 1);
}

fn failover(scene: &Scene, arguments: &[&str]) -> Value {
    let all = [&["node", "failover"], arguments, &["--format", "json"]].concat();
    scene.rlab(&all).succeeded().json()
}

#[test]
fn a_redis_failover_keeps_what_was_copied_and_the_lost_primary_comes_back_as_a_replica() {
    let scene = Scene::up();
    redis_is_led_by(&scene, "redis");
    let mut primary = redis_at(&scene, &door(&scene, 16_379));
    redis::cmd("SET")
        .arg("kept")
        .arg(7)
        .exec(&mut primary)
        .unwrap();
    let copied: u32 = redis::cmd("WAIT")
        .arg(1)
        .arg(5_000)
        .query(&mut primary)
        .unwrap();
    assert_eq!(copied, 1);
    let old = site(&scene).address("redis").unwrap();

    let plan = failover(&scene, &["redis", "--dry-run"]);
    assert_eq!(
        (&plan["to"], &plan["done"]),
        (&"redis-2".into(), &false.into())
    );
    redis_is_led_by(&scene, "redis");

    let report = failover(&scene, &["redis"]);
    assert_eq!(report["behind_bytes"], 0, "{report:#}");
    redis_is_led_by(&scene, "redis-2");
    let broken = redis::cmd("PING").exec(&mut primary);
    assert!(broken.is_err(), "a connection to the dead primary lives on");
    let mut primary = redis_at(&scene, &door(&scene, 16_379));
    let kept: u32 = redis::cmd("GET").arg("kept").query(&mut primary).unwrap();
    assert_eq!(kept, 7);
    let mut lost = redis_at(&scene, &old.to_string());
    let refused = redis::cmd("SET").arg("kept").arg(8).exec(&mut lost);
    assert_eq!(refused.unwrap_err().code(), Some("READONLY"));

    scene.rlab(&["down"]).succeeded();
    scene.rlab(&["up"]).succeeded();
    redis_is_led_by(&scene, "redis-2");
    failover(&scene, &["redis", "--to", "redis"]);
    redis_is_led_by(&scene, "redis");
    failover(&scene, &["redis", "--to", "redis"]);
    redis_is_led_by(&scene, "redis");
    scene
        .rlab(&["node", "failover", "redis", "--to", "kafka-1"])
        .says("redis-2");
    scene.ends_clean();
}

#[test]
fn a_mysql_failover_keeps_every_committed_row_and_the_pipeline_goes_on_by_itself() {
    let scene = Scene::up();
    let before = AGENTS.map(|agent| scene.pid(agent));
    let items = clients::post_commands(&scene, 20);
    failover(&scene, &["mysql"]);
    mysql_is_in(&scene, "az-b");
    clients::wait_until_readable(&scene, &items);
    agents_know(&scene);
    // Nobody pays for the connections that a pool still holds to where MySQL was.
    scene.rlab(&["smoke"]).succeeded();
    assert_eq!(AGENTS.map(|agent| scene.pid(agent)), before);
    scene.rlab(&["down"]).succeeded();
    scene.rlab(&["up"]).succeeded();
    mysql_is_in(&scene, "az-b");
    failover(&scene, &["mysql", "--to", "az-a"]);
    mysql_is_in(&scene, "az-a");
    clients::wait_until_readable(&scene, &items);
    agents_know(&scene);
    scene.rlab(&["smoke"]).succeeded();
    scene.ends_clean();
}

/// Waits until every agent has asked again whether its servers answer, and says that it is ready.
fn agents_know(scene: &Scene) {
    scene.wait_for("ready again", SOON, |status| status["ready"] == true);
}

/// Begins a failover, and kills the supervisor so long after it has killed `node`.
fn cut_off(scene: &Scene, service: &str, node: &str, after: Duration) {
    let supervisor = scene.pid(SUPERVISOR);
    let lost = scene.pid(node);
    let mut verb = scene.start(&["node", "failover", service]);
    let deadline = Instant::now() + SOON;
    while scene.processes().iter().any(|p| p.pid == lost) {
        assert!(Instant::now() < deadline, "{node} was not killed");
    }
    std::thread::sleep(after);
    signal(supervisor, "-9");
    verb.wait().unwrap();
    let status = scene.wait_for("without a supervisor", SOON, |s| {
        s["supervisor_pid"].is_null()
    });
    assert_eq!(status["ready"], false);
}

#[test]
fn a_supervisor_killed_in_the_middle_of_a_failover_leaves_one_primary_to_the_next_up() {
    let scene = Scene::fresh();
    for after_ms in [0, 5, 20, 80, 300] {
        let status = scene.status();
        let nodes = status["nodes"].as_array().unwrap();
        let primary = nodes.iter().find(|n| n["role"] == "primary").unwrap();
        let primary = primary["node"].as_str().unwrap();
        cut_off(&scene, "redis", primary, Duration::from_millis(after_ms));
        scene.rlab(&["up"]).succeeded();
        let now = primaries(&scene);
        assert_eq!(now.len(), 1, "{now:?} after {after_ms} ms");
        redis_is_led_by(&scene, &now[0]);
    }
    for after_ms in [0, 100, 1_000] {
        cut_off(&scene, "mysql", "mysql", Duration::from_millis(after_ms));
        scene.rlab(&["up"]).succeeded();
        let status = scene.status();
        mysql_is_in(&scene, state(&status, "mysql")["zone"].as_str().unwrap());
    }
    scene.rlab(&["smoke"]).succeeded();
    scene.ends_clean();
}

#[test]
fn a_lab_goes_down_clean_while_a_failover_is_under_way() {
    let scene = Scene::fresh();
    let lost = scene.pid("mysql");
    let mut verb = scene.start(&["node", "failover", "mysql"]);
    let deadline = Instant::now() + SOON;
    while scene.processes().iter().any(|p| p.pid == lost) {
        assert!(Instant::now() < deadline, "mysql was not killed");
    }
    scene.rlab(&["down"]).succeeded();
    assert_ne!(verb.wait().unwrap().code(), Some(0));
    scene.ends_clean();
}
