//! Whether the addresses a lab needs are free, and who holds them when not.

use std::net::{IpAddr, SocketAddr, SocketAddrV4, TcpListener};
use std::path::PathBuf;

use procfs::process::{FDTarget, Process};

use crate::error::PortTaken;
use crate::processes;
use crate::spec::NodeSpec;

/// Addresses of `nodes` that cannot be bound now.
pub fn taken<'a>(nodes: impl IntoIterator<Item = &'a NodeSpec>) -> Vec<PortTaken> {
    let mut taken = Vec::new();
    for node in nodes {
        for address in node.addresses() {
            // A listener of the standard library reuses addresses in TIME_WAIT, as servers do.
            if TcpListener::bind(address).is_err() {
                let (seen, holder, lab) = holder(address);
                taken.push(PortTaken {
                    node: node.name.clone(),
                    address: address.to_string(),
                    holder,
                    seen,
                    lab,
                });
            }
        }
    }
    taken
}

/// Who listens on `address`, or on its port on every address: whether a process was seen, in words,
/// and the lab it belongs to. A process that was just killed lets go of its memory first and of its
/// sockets a moment later; until then nobody is seen to hold them.
fn holder(address: SocketAddrV4) -> (bool, String, Option<PathBuf>) {
    let Some(inode) = listening_inode(address) else {
        return (false, "a connection that is closing".to_owned(), None);
    };
    let processes = procfs::process::all_processes().into_iter().flatten();
    let Some(process) = processes.flatten().find(|p| holds(p, inode)) else {
        return (false, "another process (not ours to see)".to_owned(), None);
    };
    let name = process.stat().map_or_else(|_| "?".to_owned(), |s| s.comm);
    let pid = process.pid;
    match u32::try_from(pid).ok().and_then(processes::membership) {
        None => (true, format!("{name} (pid {pid})"), None),
        Some((node, lab)) => {
            let text = format!(
                "{name} (pid {pid}), which is {node} of the lab in {}",
                lab.display()
            );
            (true, text, Some(lab))
        }
    }
}

fn holds(process: &Process, inode: u64) -> bool {
    process.fd().is_ok_and(|descriptors| {
        descriptors
            .flatten()
            .any(|d| matches!(d.target, FDTarget::Socket(i) if i == inode))
    })
}

fn listening_inode(address: SocketAddrV4) -> Option<u64> {
    let v4 = procfs::net::tcp().unwrap_or_default();
    let v6 = procfs::net::tcp6().unwrap_or_default();
    v4.into_iter()
        .chain(v6)
        .filter(|entry| entry.state == procfs::net::TcpState::Listen)
        .find(|entry| covers(entry.local_address, address))
        .map(|entry| entry.inode)
}

fn covers(listener: SocketAddr, wanted: SocketAddrV4) -> bool {
    let ip = match listener.ip() {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 => v4,
    };
    listener.port() == wanted.port() && (ip.is_unspecified() || ip == IpAddr::V4(*wanted.ip()))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::spec::{Listener, NodeKind};

    #[test]
    fn a_taken_port_names_its_holder() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let node = NodeSpec {
            name: "mysql".into(),
            kind: NodeKind::Mysql,
            zone: "az-a".into(),
            back: Ipv4Addr::LOCALHOST,
            front: Ipv4Addr::LOCALHOST,
            ports: vec![Listener {
                endpoint: None,
                port,
                door: false,
            }],
            after: vec![],
            instance: 1,
        };
        let found = taken([&node]);
        assert_eq!(found.len(), 1);
        let me = format!("(pid {})", std::process::id());
        assert!(found[0].holder.ends_with(&me), "{}", found[0].holder);
    }
}
