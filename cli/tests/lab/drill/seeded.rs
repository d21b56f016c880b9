//! The command line killed at any moment of a drill.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// The whole of a small drill, and a little more.
const LATEST: Duration = Duration::from_secs(30);

/// How many moments, and their seed: RLAB_KILLS and RLAB_SEED.
fn wanted() -> (u32, u64) {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let kills = number("RLAB_KILLS").map_or(3, |kills| u32::try_from(kills).unwrap());
    (kills, number("RLAB_SEED").unwrap_or_else(rand::random))
}

#[test]
fn a_drill_killed_at_any_moment_leaves_nothing_after_recover() {
    let (kills, seed) = wanted();
    eprintln!("{kills} moments, RLAB_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let scene = Scene::up();
    for number in 1..=kills {
        let after = random.random_range(Duration::ZERO..LATEST);
        let mut child = start(&scene, "E-002", &["--set", "commands=2000"]);
        let deadline = Instant::now() + after;
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(10));
        }
        // One that came to its end before is no kill, but must leave as little.
        let _ = child.kill();
        let status = child.wait().unwrap();
        eprintln!("{number}: after {after:.1?}: {status}");
        scene.rlab(&["recover"]).succeeded();
        nothing_is_left(&scene);
    }
    scene.ends_clean();
}
