//! Plans and outcomes of `up` and `down` in words.

use comfy_table::{Table, presets};
use rlab_lab::{DownPlan, DownReport, UpPlan};

use super::memory;

/// What `up` would do.
pub fn up(plan: &UpPlan) -> String {
    let mut lines = vec![format!(
        "lab {} would follow profile {}",
        plan.lab, plan.profile
    )];
    match plan.fetch.as_slice() {
        [] => lines.push("nothing to fetch".into()),
        files => lines.push(format!(
            "{} files to fetch, {} (--format json names them)",
            files.len(),
            memory::human(plan.fetch_bytes)
        )),
    }
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_header(["NODE", "KIND", "ZONE", "ACTION", "ADDRESS"]);
    for node in &plan.nodes {
        let address = node
            .door
            .as_deref()
            .or(node.endpoint.as_deref())
            .unwrap_or("-");
        table.add_row([
            node.node.as_str(),
            node.kind,
            &node.zone,
            node.action,
            address,
        ]);
    }
    lines.push(table.trim_fmt());
    lines.join("\n")
}

/// What `down` would do.
pub fn down(plan: &DownPlan) -> String {
    let stop = match plan.stop.as_slice() {
        [] => format!("lab {}: nothing runs", plan.lab),
        nodes => format!("lab {}: to stop: {}", plan.lab, nodes.join(", ")),
    };
    let elsewhere = match plan.elsewhere.as_slice() {
        [] => String::new(),
        schemas => format!(
            "\nto remove from servers that are not the lab's, with topics, groups and keys: {}",
            schemas.join(", ")
        ),
    };
    match &plan.remove {
        Some(path) => format!("{stop}{elsewhere}\nto remove: {path}"),
        None => stop + &elsewhere,
    }
}

/// What `down` did.
pub fn was_down(report: &DownReport) -> String {
    let stopped = match report.stopped.as_slice() {
        [] => format!("lab {}: nothing ran", report.lab),
        nodes => format!("lab {}: stopped {}", report.lab, nodes.join(", ")),
    };
    let elsewhere = match report.elsewhere.as_slice() {
        [] => String::new(),
        schemas => format!(
            "; removed from servers that are not the lab's: {}",
            schemas.join(", ")
        ),
    };
    let purged = match report.purged {
        true => "; its data is removed",
        false => "",
    };
    format!("{stopped}{elsewhere}{purged}")
}
