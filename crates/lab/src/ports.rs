//! Whether the addresses a lab needs are free, and who holds them when not.

use std::net::{IpAddr, SocketAddr, SocketAddrV4, TcpListener};
use std::path::PathBuf;

use procfs::process::{FDTarget, Process, StatFlags};

use crate::error::PortTaken;
use crate::processes;
use crate::spec::NodeSpec;

const EXITING: u32 = StatFlags::PF_EXITING.bits();
/// SIGKILL, the ninth signal, in a mask of pending signals.
const SIGKILL: u64 = 1 << 8;

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
/// and the lab it belongs to. A process that was just killed lets go of its memory first, its mark
/// with it, and of its sockets a moment later: it counts as nobody.
fn holder(address: SocketAddrV4) -> (bool, String, Option<PathBuf>) {
    let Some(inode) = listening_inode(address) else {
        return (false, "a connection that is closing".to_owned(), None);
    };
    let processes = procfs::process::all_processes().into_iter().flatten();
    let Some(process) = processes.flatten().find(|p| holds(p, inode)) else {
        return (false, "another process (not ours to see)".to_owned(), None);
    };
    let pid = process.pid;
    let Some(name) = name_of_living(&process) else {
        return (false, format!("process {pid}, which is ending"), None);
    };
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

/// `None` once the process was sent SIGKILL or ends otherwise. Signals are looked at first: one that
/// is no longer pending has set the flag.
fn name_of_living(process: &Process) -> Option<String> {
    let status = process.status().ok()?;
    let stat = process.stat().ok()?;
    let killed = (status.sigpnd | status.shdpnd) & SIGKILL != 0;
    (!killed && stat.flags & EXITING == 0).then_some(stat.comm)
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
    use std::io::{BufRead, BufReader, Write};
    use std::net::Ipv4Addr;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::spec::{Listener, NodeKind};

    fn node(port: u16) -> NodeSpec {
        NodeSpec {
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
            standby: None,
            theirs: None,
        }
    }

    #[test]
    fn a_taken_port_names_its_holder() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let found = taken([&node(port)]);
        assert_eq!(found.len(), 1);
        let me = format!("(pid {})", std::process::id());
        assert!(found[0].holder.ends_with(&me), "{}", found[0].holder);
    }

    /// Memory of the killed process: letting go of it takes the kernel long enough to be looked at.
    const HELD: usize = 1 << 30;

    #[test]
    #[ignore = "the child process of the test below"]
    fn a_server_with_much_memory() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut memory = vec![0_u8; HELD];
        memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
        let port = listener.local_addr().unwrap().port();
        writeln!(std::io::stdout(), "port {port}").unwrap();
        std::thread::park();
        drop(memory);
    }

    #[test]
    fn a_server_that_was_killed_is_waited_for_and_not_taken_for_a_stranger() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--nocapture", "a_server_with_much_memory"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.split("port ").nth(1)?.parse().ok())
            .unwrap();
        assert!(taken([&node(port)])[0].seen);
        child.kill().unwrap();
        let killed = Instant::now();
        while let Some(port) = taken([&node(port)]).pop() {
            assert!(!port.seen, "{}", port.holder);
            assert!(killed.elapsed() < Duration::from_secs(60));
        }
        child.wait().unwrap();
    }
}
