//! RebootDBInstance: MySQL dies and comes back, here or in the other zone.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use jiff::Timestamp;

use crate::data_plane::{Happened, Step};
use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::rds::{instance, overlay};
use crate::rehearsal::{Call, Rehearsal, lock};

/// RebootDBInstance, with `ForceFailover` into the standby's zone.
pub(super) async fn reboot(
    rehearsal: &Arc<Rehearsal>,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let id = call.form.required("DBInstanceIdentifier")?.to_owned();
    let force = call.form.is_true("ForceFailover");
    let mut told = instance(rehearsal, call, &id).await?;
    let real = rehearsal.topology().await?.mysql;
    overlay::instance(rehearsal, &mut told, &real, &call.scope.region);
    if force && (told.value("MultiAZ") != "true" || real.standby_zone.is_none()) {
        let message =
            "You can't force a failover on a DB instance that isn't a Multi-AZ deployment.";
        return Err(Refusal::sender("InvalidParameterCombination", message));
    }
    if told.value("DBInstanceStatus") != "available"
        || !lock(&rehearsal.databases).rebooting.insert(id.clone())
    {
        let message = format!("Instance {id} is not in available state.");
        return Err(Refusal::sender("InvalidDBInstanceState", message));
    }
    lock(&rehearsal.databases).failed.remove(&id);
    follow(rehearsal, &id, force);
    told.set_text("DBInstanceStatus", "rebooting");
    Ok(wire::query_answer(
        "rds",
        "RebootDBInstance",
        vec![told],
        &call.id,
    ))
}

fn follow(rehearsal: &Arc<Rehearsal>, id: &str, force: bool) {
    let progress = match force {
        true => rehearsal.plane.failover_mysql(),
        false => rehearsal.plane.restart_mysql(),
    };
    let (source, ended) = (id.to_owned(), id.to_owned());
    rehearsal.follow(
        progress,
        move |rehearsal, happened| tell(rehearsal, &source, happened, force),
        move |rehearsal, result| {
            let mut databases = lock(&rehearsal.databases);
            databases.rebooting.remove(&ended);
            if result.is_err() {
                databases.failed.insert(ended.clone());
                let message = "DB instance put into failed state. RDS recommends that you initiate a point-in-time-restore.";
                let source = ("db-instance", ended.as_str());
                lock(&rehearsal.events).rds(Timestamp::now(), source, "failure", message);
            }
        },
    );
}

/// RDS-EVENT-0013, 0050, 0015, 0051, 0006 and 0049 of a failover; 0004 and 0006 of a restart.
fn tell(rehearsal: &Rehearsal, id: &str, happened: &Happened, force: bool) {
    let events: &[(&str, &str)] = match (&happened.step, force) {
        (Step::Killed, true) => &[("failover", "Multi-AZ instance failover started.")],
        (Step::Killed, false) => &[("availability", "DB instance shutdown.")],
        (Step::Promoted { .. }, _) => &[
            ("failover", "Multi-AZ instance activation started."),
            (
                "failover",
                "Multi-AZ failover to standby complete - DNS propagation may take a few minutes.",
            ),
        ],
        (Step::Back, true) => &[
            ("availability", "DB instance restarted."),
            ("failover", "Multi-AZ instance activation completed."),
            ("failover", "Multi-AZ instance failover completed."),
        ],
        (Step::Back, false) => &[("availability", "DB instance restarted.")],
    };
    let mut log = lock(&rehearsal.events);
    for (category, message) in events {
        log.rds(happened.at, ("db-instance", id), category, *message);
    }
}
