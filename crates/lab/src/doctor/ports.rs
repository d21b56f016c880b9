//! Whether the addresses of the local profile can be bound.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use super::Check;
use crate::error::{LabError, PortTaken};
use crate::home::LabHome;
use crate::profile::LabProfile;
use crate::spec::NodeSpec;

pub fn checks(home: &LabHome) -> Vec<Check> {
    let nodes = LabProfile::load("local").and_then(|profile| crate::layout::nodes(&profile, 0));
    let nodes: Vec<NodeSpec> = match nodes {
        Ok(nodes) => nodes,
        Err(error) => return vec![unusable(&error)],
    };
    let wanted: BTreeSet<Ipv4Addr> = nodes
        .iter()
        .flat_map(NodeSpec::seats)
        .flat_map(|n| [n.front, n.back])
        .collect();
    let refused: Vec<Ipv4Addr> = wanted
        .iter()
        .copied()
        .filter(|ip| TcpListener::bind((*ip, 0)).is_err())
        .collect();
    let bindable = refused.is_empty();
    let mut checks = vec![addresses(wanted.len(), &refused)];
    // Without its addresses no port can be tried.
    if bindable {
        let taken = crate::ports::taken(&nodes);
        checks.push(ports(&taken, |dir| name_of(home, dir)));
    }
    checks
}

fn unusable(error: &LabError) -> Check {
    let fix = error
        .hint()
        .unwrap_or_else(|| "rlab-ops schema profile".to_owned());
    Check::failed("ports", error, fix)
}

fn addresses(wanted: usize, refused: &[Ipv4Addr]) -> Check {
    let name = "zone addresses";
    match refused.is_empty() {
        true => Check::passed(
            name,
            format!("all {wanted} of 127.10.0.0/16 and 127.20.0.0/16 can be bound"),
        ),
        false => {
            let refused: Vec<String> = refused.iter().map(Ipv4Addr::to_string).collect();
            Check::failed(
                name,
                format!("cannot be bound: {}", refused.join(", ")),
                "as root: ip link set lo up && ip address replace 127.0.0.1/8 dev lo",
            )
        }
    }
}

/// A lab of this home that stands where the next one would is no fault.
fn ports(taken: &[PortTaken], lab_at: impl Fn(&Path) -> Option<String>) -> Check {
    let name = "ports";
    let ours = |port: &PortTaken| port.lab.as_deref().and_then(&lab_at);
    let labs: BTreeSet<String> = taken.iter().filter_map(ours).collect();
    let labs: Vec<String> = labs.into_iter().collect();
    let foreign: Vec<String> = taken
        .iter()
        .filter(|port| ours(port).is_none())
        .map(|p| format!("{} (for {}) by {}", p.address, p.node, p.holder))
        .collect();
    if !foreign.is_empty() {
        return Check::failed(
            name,
            format!("held: {}", foreign.join("; ")),
            "stop the holder, or move the lab: rlab-ops up --port-offset 1000",
        );
    }
    match labs.is_empty() {
        true => Check::passed(name, "all ports of the local profile are free"),
        false => Check::passed(
            name,
            format!(
                "held by lab {}; another one beside it: rlab-ops --lab NAME up --port-offset 1000",
                labs.join(", ")
            ),
        ),
    }
}

fn name_of(home: &LabHome, dir: &Path) -> Option<String> {
    home.labs()
        .into_iter()
        .find(|name| home.lab(name).is_ok_and(|lab| lab.path() == dir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::CheckOutcome::{Failed, Passed};

    fn taken(lab: Option<&str>) -> PortTaken {
        PortTaken {
            node: "mysql".into(),
            address: "127.0.0.1:13306".into(),
            holder: "mysqld (pid 7)".into(),
            seen: true,
            lab: lab.map(Into::into),
        }
    }

    fn known(dir: &Path) -> Option<String> {
        (dir == Path::new("/home/labs/default")).then(|| "default".to_owned())
    }

    #[test]
    fn a_lab_of_ours_is_named_and_no_fault() {
        let check = ports(&[taken(Some("/home/labs/default"))], known);
        assert_eq!(check.outcome, Passed);
        assert!(check.detail.contains("held by lab default"));
    }

    #[test]
    fn strangers_and_labs_of_another_home_are_named_and_a_fault() {
        for lab in [None, Some("/elsewhere/labs/default")] {
            let check = ports(&[taken(Some("/home/labs/default")), taken(lab)], known);
            assert_eq!(check.outcome, Failed);
            assert!(
                check
                    .detail
                    .contains("127.0.0.1:13306 (for mysql) by mysqld (pid 7)")
            );
            assert!(check.fix.unwrap().contains("--port-offset"));
        }
    }

    #[test]
    fn an_address_that_cannot_be_bound_is_named() {
        assert_eq!(addresses(9, &[]).outcome, Passed);
        let check = addresses(9, &[Ipv4Addr::new(127, 10, 2, 12)]);
        assert_eq!(check.outcome, Failed);
        assert!(check.detail.contains("127.10.2.12"));
    }
}
