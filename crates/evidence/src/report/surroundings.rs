//! What a run ran on, as tables.

use super::Report;
use super::table::{Kind, Table};
use crate::environment::Machine;

/// Tool, seed, parameters, versions and the machine.
pub(crate) fn environment(report: &Report) -> Table {
    let environment = &report.environment;
    let commit = environment.commit.as_deref().unwrap_or("unknown");
    let tool = format!("rlab-ops {}, commit {commit}", environment.tool_version);
    let fact = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![fact("tool", tool), fact("seed", report.seed.to_string())];
    for (name, value) in &report.parameters {
        rows.push(fact(&format!("parameter {name}"), value.clone()));
    }
    for (name, version) in &environment.versions {
        rows.push(fact(name, version.clone()));
    }
    rows.push(fact("machine", machine(&environment.machine)));
    let [before, after] = [&environment.machine, &report.machine_after].map(load_average);
    rows.push(fact("load average before", before));
    rows.push(fact("load average after", after));
    Table::new(&[("", Kind::Text), ("", Kind::Text)]).with(rows)
}

fn machine(machine: &Machine) -> String {
    let unknown = || "unknown".to_owned();
    let cores = machine.cores.map_or_else(unknown, |n| n.to_string());
    let memory = machine.memory_bytes.map_or_else(
        || "memory unknown".to_owned(),
        |bytes| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    );
    let kernel = machine.kernel.as_deref().unwrap_or("unknown");
    let platform = &machine.platform;
    format!("{platform}, {cores} cores, {memory}, kernel {kernel}")
}

fn load_average(machine: &Machine) -> String {
    machine.load_average.map_or_else(
        || "unknown".to_owned(),
        |averages| averages.map(|average| average.to_string()).join(" "),
    )
}

/// The artifacts the servers were started from; none if none are known.
pub(crate) fn artifacts(report: &Report) -> Option<Table> {
    let artifacts = &report.environment.artifacts;
    let rows = artifacts
        .iter()
        .map(|a| vec![a.name.clone(), a.version.clone(), a.sha256.clone()]);
    let columns = [
        ("artifact", Kind::Text),
        ("version", Kind::Text),
        ("sha-256", Kind::Code),
    ];
    (!artifacts.is_empty()).then(|| Table::new(&columns).with(rows))
}
