//! What the runner makes of the words of a runbook that the drills of this build do not all use.

use super::*;

/// Two arms that differ in how long query-service keeps a document, in two cases of load.
const MATRIX: &str = "
schema: rlab/runbook/v1
id: T-001
title: A cache that forgets at once is not hit
hypothesis: The longer a document is kept, the more often it is hit.
proves: { local: nothing that anybody would doubt }
needs:
  kafka: { brokers: 3 }
  agents: [ command_service, outbox_relay, consumer_service, query_service ]
arms:
  brief: { must: show_failure, query_service: { cache_ttl_ms: 1 } }
  long: { must: hold }
cases:
  speed: [ 50, 200 ]
load:
  orders: { http.post: commands, count: 100, rate: $speed, keys: 20 }
  r: { http.get: items, rate: 200/s, keys: orders, from: reading }
phases:
  - { name: writing, until: pipeline.drained, within: 60s }
  - { name: reading, for: 2s }
observe:
  lag: { probe: pipeline.lag, every: 250ms }
expect:
  landed: [ isr@reading == 3 ]
  traffic: [ orders.acknowledged == 100, r.found@reading > 100 ]
  cases:
    - { when: arm == \"brief\", must: show_failure, that: [ r.hit_ratio@reading < 0.1 ] }
    - { when: arm == \"long\" && speed == 50, must: hold, that: [ r.hit_ratio@reading > 0.5 ] }
    - { when: arm == \"long\" && speed == 200, must: hold, that: [ r.reads@writing == 0, r.hit_ratio@reading > 0.5 ] }
  compare: [ long.r.hit_ratio@reading > brief.r.hit_ratio@reading ]
controls: [ drop_one_event ]
table: { rows: case, columns: [ orders.acknowledged, r.hit_ratio@reading, lag.most ] }
plot: [ r, lag ]
";

fn book(scene: &Scene, text: &str) -> PathBuf {
    let path = scene.scratch().join("book.yaml");
    std::fs::write(&path, text).unwrap();
    path
}

fn run(scene: &Scene, text: &str) -> Ran {
    let root = evidence(scene);
    let book = book(scene, text);
    let [book, root] = [&book, &root].map(|path| path.to_str().unwrap());
    scene.rlab(&["drill", book, "--evidence", root, "--seed", "7"])
}

fn report(scene: &Scene, drill: &str) -> String {
    let latest = evidence(scene).join(drill).join("latest");
    std::fs::read_to_string(latest.join("report.md")).unwrap()
}

#[test]
fn every_case_of_every_arm_is_run_compared_and_stands_in_the_table() {
    let scene = Scene::up();
    run(&scene, MATRIX).succeeded();
    let latest = evidence(&scene).join("T-001/latest");
    let verdict: serde_json::Value =
        serde_json::from_slice(&std::fs::read(latest.join("verdict.json")).unwrap()).unwrap();
    let names = verdict["arms"].as_array().unwrap();
    let names: Vec<&str> = names.iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "brief-speed_50",
            "long-speed_50",
            "brief-speed_200",
            "long-speed_200",
            "between arms, speed_50",
            "between arms, speed_200",
        ]
    );
    let report = report(&scene, "T-001");
    let (_, table) = report.split_once("## What was measured").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    for leg in &names[..4] {
        let row = table.lines().find(|line| line.contains(leg)).unwrap();
        assert!(row.contains("| 100 |") && !row.contains('–'), "{row}");
    }
    for leg in ["brief-speed_50", "long-speed_200"] {
        let series = latest.join(format!("measurements/{leg}-lag.jsonl.zst"));
        assert!(series.is_file(), "{}", series.display());
    }
    // What is judged again comes from the same cases.
    let root = evidence(&scene);
    let judge = [
        "evidence",
        "judge",
        "T-001",
        "--evidence",
        root.to_str().unwrap(),
    ];
    scene.rlab(&judge).succeeded().says("judged again: held");
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn what_does_not_hold_between_arms_is_a_deviation() {
    let scene = Scene::up();
    let turned = MATRIX.replace(
        "long.r.hit_ratio@reading > brief.r.hit_ratio@reading",
        "long.r.hit_ratio@reading < brief.r.hit_ratio@reading",
    );
    run(&scene, &turned)
        .exited(1)
        .says("between arms, speed_50");
    nothing_is_left(&scene);
    scene.ends_clean();
}

/// A broker stands still for longer than its session, or is lost for good.
const BROKER: &str = "
schema: rlab/runbook/v1
id: T-002
title: A broker that stands still is missed
hypothesis: A broker that stands still for longer than its session leaves the in-sync replicas, and comes back.
proves: { local: nothing that anybody would doubt }
needs:
  kafka: { brokers: 3 }
  agents: [ command_service, outbox_relay, consumer_service ]
arms:
  only_one: { must: hold }
load:
  orders: { http.post: commands, count: 400, rate: 50/s, keys: 20 }
phases:
  - { name: steady, for: 1s }
  - { name: still, do: [ broker.pause: { brokers: [ 3 ], for: 6s } ], until: isr == 2, within: 30s }
  - { name: again, until: isr == 3, within: 60s }
  - { name: drain, until: pipeline.drained, within: 60s }
observe:
  replicas: { probe: isr, every: 250ms }
stop: []
expect:
  landed: [ replicas.least@still == 2, isr@again == 3 ]
  traffic: [ orders.acknowledged == 400 ]
  arms:
    only_one: [ ledger.lost == 0, ledger.effect_twice == 0 ]
controls: [ drop_one_event ]
";

#[test]
fn a_paused_broker_is_missed_and_comes_back_by_itself() {
    let scene = Scene::up();
    run(&scene, BROKER).succeeded();
    let report = report(&scene, "T-002");
    assert!(report.contains("stands still by signal 19"), "{report}");
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn a_stop_condition_ends_the_drill_and_has_it_undone() {
    let scene = Scene::up();
    let stopped = BROKER
        .replace(
            "broker.pause: { brokers: [ 3 ], for: 6s }",
            "broker.kill: 3",
        )
        .replace("stop: []", "stop: [ replicas.least < 3 ]");
    run(&scene, &stopped).exited(4).says("replicas.least < 3");
    let journal = evidence(&scene).join("T-002/latest/journal.jsonl");
    let journal = std::fs::read_to_string(journal).unwrap();
    assert!(journal.contains("\"kind\":\"stop\""), "{journal}");
    nothing_is_left(&scene);
    scene.ends_clean();
}

/// Everything that has a standby is lost in turn, and a broker.
const ZONES: &str = "
schema: rlab/runbook/v1
id: T-003
title: What stands by takes over
hypothesis: Nothing that was acknowledged is lost when each primary is, and the lab gets its own back.
proves: { local: nothing that anybody would doubt }
needs:
  zones: 3
  kafka: { brokers: 3 }
  mysql: { standby: shared_storage }
  redis: { replicas: 1 }
  agents: [ command_service, outbox_relay, consumer_service ]
arms:
  only_one: { must: hold }
load:
  orders: { http.post: commands, count: 600, rate: 50/s, keys: 20 }
phases:
  - { name: steady, for: 1s }
  - { name: db, do: [ failover: mysql ], until: mysql.zone_changed, within: 60s }
  - { name: cache, do: [ failover: redis ], until: redis.primary_changed, within: 30s }
  - { name: broker, do: [ failover: { kafka: zone_of_old_primary } ], until: isr == 3, within: 60s }
  - { name: drain, until: pipeline.drained, within: 60s }
expect:
  landed:
    - mysql.zone_changed@db
    - redis.primary_changed@cache
    - broker.epoch_changed@broker
    - \"!mysql.zone_changed@cache\"
    - \"!broker.epoch_changed@cache\"
  traffic: [ orders.acknowledged > 200 ]
  arms:
    only_one: [ ledger.lost == 0, ledger.effect_twice == 0 ]
controls: [ drop_one_event ]
";

#[test]
fn what_was_lost_is_proven_by_what_took_over_and_given_back_in_the_end() {
    let scene = Scene::up();
    run(&scene, ZONES).succeeded();
    let report = report(&scene, "T-003");
    for proof in [
        "moved from az-a to az-b",
        "promoted at offset",
        "`redis` leads to",
    ] {
        assert!(report.contains(proof), "{proof} is not in {report}");
    }
    let status = scene.status();
    assert_eq!(state(&status, "mysql")["zone"], "az-a", "{status:#}");
    assert_eq!(state(&status, "redis")["role"], "primary", "{status:#}");
    nothing_is_left(&scene);
    scene.ends_clean();
}

#[test]
fn a_lab_without_what_takes_over_is_refused() {
    let scene = Scene::new();
    let profile = include_str!("../../../../profiles/local.toml")
        .replace("replicas = [\"az-b\"]\n", "")
        .replace("standby_zone = ", "# standby_zone = ");
    let path = scene.scratch().join("bare.toml");
    std::fs::write(&path, profile).unwrap();
    scene
        .rlab(&["up", "--profile", path.to_str().unwrap()])
        .succeeded();
    run(&scene, ZONES)
        .says("standby of MySQL")
        .says("1 replicas of Redis");
    scene
        .rlab(&["node", "failover", "redis"])
        .says("nothing stands by");
    scene.rlab(&["smoke"]).succeeded();
    scene.ends_clean();
}
