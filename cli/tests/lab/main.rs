//! The command line against real servers. Needs the artifacts of a lab and the agents' binaries
//! beside `rlab-ops`; run with `--features real-servers -- --test-threads=1`.

#![expect(
    clippy::print_stderr,
    reason = "a failed test shows the lab as it stood"
)]

mod access;
mod agents;
mod cache;
mod clients;
mod crashes;
mod drill;
mod external;
mod failover;
mod held;
mod refusals;
mod rehearsal;
mod scene;
mod schema;
mod store;
mod verbs;
