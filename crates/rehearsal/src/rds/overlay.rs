//! Lays the real MySQL's zone, address and state over what the emulator tells.

use axum::body::Body;
use axum::http::Response;

use crate::data_plane::{Endpoint, Mysql};
use crate::forward::Answer;
use crate::gaps;
use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;
use crate::rds::Databases;
use crate::rehearsal::{Call, Rehearsal, lock};

/// Mends an answer of the emulator.
pub(super) async fn overlay(
    rehearsal: &Rehearsal,
    call: &Call,
    answer: Answer,
) -> Result<Response<Body>, Refusal> {
    if !answer.status.is_success() {
        return Ok(answer.into_response());
    }
    let mut told = answer.tree()?;
    let is_there = |name: &str| told.find(name, &|_| true).is_some();
    if is_there("DBInstance") || is_there("DBCluster") {
        let real = rehearsal.topology().await?.mysql;
        let region = call.scope.region.as_str();
        told.each("DBInstance", &mut |told| {
            instance(rehearsal, told, &real, region)
        });
        told.each("DBCluster", &mut |told| cluster(rehearsal, told, &real));
    }
    if let Some(id) = call.form.get("DBInstanceIdentifier")
        && call.action == "DeleteDBInstance"
    {
        lock(&rehearsal.databases).failed.remove(id);
    }
    if let Some(id) = call.form.get("DBClusterIdentifier")
        && call.action == "DeleteDBCluster"
    {
        lock(&rehearsal.databases).writers.remove(id);
    }
    gaps::mend_rds(rehearsal, &mut told);
    Ok(answer.with(told.document()))
}

/// Status, zones and address of an instance of MySQL. Members of a cluster keep their zones: they
/// are all the same server.
pub(super) fn instance(rehearsal: &Rehearsal, told: &mut Element, real: &Mysql, region: &str) {
    if !told.value("Engine").contains("mysql") {
        return;
    }
    if told.child("Endpoint").is_some() {
        told.set(endpoint(&real.endpoint));
    }
    if let Some(status) = status(&lock(&rehearsal.databases), told, real) {
        told.set_text("DBInstanceStatus", status);
    }
    if !told.value("DBClusterIdentifier").is_empty() {
        return;
    }
    told.set_text("AvailabilityZone", real.zone.name(region));
    match real.standby_zone {
        Some(zone) if told.value("MultiAZ") == "true" => {
            told.set_text("SecondaryAvailabilityZone", zone.name(region));
        }
        _ => told.remove("SecondaryAvailabilityZone"),
    }
}

/// Status of an instance where it is not the emulator's.
fn status(databases: &Databases, told: &Element, real: &Mysql) -> Option<&'static str> {
    let id = told.value("DBInstanceIdentifier");
    if databases.rebooting.contains(id) {
        return Some("rebooting");
    }
    let down = !real.alive && told.value("DBInstanceStatus") == "available";
    down.then(|| match databases.failed.contains(id) {
        true => "failed",
        false => "rebooting",
    })
}

/// Status, writer and addresses of a cluster.
pub(super) fn cluster(rehearsal: &Rehearsal, told: &mut Element, real: &Mysql) {
    for name in ["Endpoint", "ReaderEndpoint"] {
        if told.child(name).is_some() {
            told.set_text(name, &real.endpoint.host);
        }
    }
    told.set_text("Port", real.endpoint.port);
    let databases = lock(&rehearsal.databases);
    let id = told.value("DBClusterIdentifier");
    if databases.failing_over.contains(id) {
        told.set_text("Status", "failing-over");
    }
    let Some(writer) = databases.writers.get(told.value("DBClusterIdentifier")) else {
        return;
    };
    told.each("DBClusterMember", &mut |member| {
        let writes = member.value("DBInstanceIdentifier") == writer;
        member.set_text("IsClusterWriter", writes);
    });
}

fn endpoint(real: &Endpoint) -> Element {
    let address = Element::text("Address", &real.host);
    let port = Element::text("Port", real.port);
    let zone = Element::text("HostedZoneId", "Z2R2ITUGPM61AM");
    Element::new("Endpoint", vec![address, port, zone])
}
