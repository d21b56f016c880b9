//! Proxy slots: every endpoint is reached through one, so that what flows can be cut, delayed or
//! led elsewhere without the kernel's help.
//!
//! A slot whose server does not accept answers with a reset, as the server's own port would. The
//! limit of that likeness: the connection is accepted first and reset a moment later.
//!
//! A slot lets nobody pass to a server that has not proven its part, and cuts whoever is connected
//! when it is given another: what was a primary is not written to any more.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::time::Duration;

use rlab_contract::address::Address;
use rustix::net::sockopt::set_socket_linger;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cut::{Cut, Cuts};
use crate::error::LabError;
use crate::roles::Roles;
use crate::spec::NodeSpec;

/// Bytes held per direction: large enough that a produce batch passes in one turn.
const BUFFER_BYTES: usize = 64 << 10;
/// A paused server's backlog fills up; its clients then wait no longer than this.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// Whom a slot leads to, whether anybody may pass, and what cuts whoever did.
#[derive(Clone)]
struct Lead {
    server: Address,
    within_reach: watch::Receiver<bool>,
    cut: Cut,
}

type Way = Box<dyn Fn() -> Option<Lead> + Send>;

/// The slots of a lab, listening.
pub struct Slots {
    tasks: JoinSet<()>,
}

impl Slots {
    /// Listens in front of every endpoint of `nodes`, at its address in each zone where it can stand,
    /// and at its door, which leads to who is in charge by `roles`. Nobody passes to a node that is
    /// not `within_reach`.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn open(
        nodes: &[NodeSpec],
        roles: &watch::Receiver<Roles>,
        within_reach: &BTreeMap<String, watch::Receiver<bool>>,
        cuts: &Cuts,
    ) -> Result<Self, LabError> {
        let mut tasks = JoinSet::new();
        for node in nodes {
            for (index, listener) in node.ports.iter().enumerate() {
                if !node.has_slot(index) {
                    continue;
                }
                for seat in node.seats() {
                    let bound = bind(seat.front_address(index)).await?;
                    let lead = cuts.to(&node.name).zip(within_reach.get(&node.name));
                    let lead = lead.map(|(cut, within_reach)| Lead {
                        server: seat.past_slot(index),
                        within_reach: within_reach.clone(),
                        cut: cut.clone(),
                    });
                    tasks.spawn(serve(bound, Box::new(move || lead.clone())));
                }
                let door = listener.door.then(|| node.door_address()).flatten();
                if let Some(door) = door {
                    let bound = bind(door).await?;
                    let way = in_charge(nodes, node, index, roles, within_reach, cuts);
                    tasks.spawn(serve(bound, way));
                }
            }
        }
        Ok(Self { tasks })
    }

    /// Closes every slot and what flows through it.
    pub async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

/// To whoever has the part of `node` when a client comes.
fn in_charge(
    nodes: &[NodeSpec],
    node: &NodeSpec,
    index: usize,
    roles: &watch::Receiver<Roles>,
    within_reach: &BTreeMap<String, watch::Receiver<bool>>,
    cuts: &Cuts,
) -> Way {
    let cuts: BTreeMap<String, Cut> = nodes
        .iter()
        .filter_map(|node| Some((node.name.clone(), cuts.to(&node.name)?.clone())))
        .collect();
    let (nodes, node) = (nodes.to_vec(), node.clone());
    let (roles, within_reach) = (roles.clone(), within_reach.clone());
    Box::new(move || {
        let found = roles.borrow().in_charge(&nodes, &node);
        Some(Lead {
            server: found.past_slot(index),
            within_reach: within_reach.get(&found.name)?.clone(),
            cut: cuts.get(&found.name)?.clone(),
        })
    })
}

async fn bind(address: SocketAddrV4) -> Result<TcpListener, LabError> {
    TcpListener::bind(address)
        .await
        .map_err(|e| LabError::Supervisor(format!("proxy slot {address}: {e}")))
}

async fn serve(listener: TcpListener, way: Way) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => match way() {
                    Some(lead) => {
                        connections.spawn(forward(client, lead));
                    }
                    None => linger_zero(&client),
                },
                // Out of descriptors: wait for some to be returned rather than spin.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn forward(mut client: TcpStream, mut lead: Lead) {
    let connecting = {
        let to = (lead.server.host().to_owned(), lead.server.port());
        tokio::time::timeout(CONNECT_DEADLINE, TcpStream::connect(to))
    };
    let open = *lead.within_reach.borrow();
    let connected = match open {
        true => connecting.await.ok().and_then(Result::ok),
        false => None,
    };
    let Some(mut upstream) = connected else {
        linger_zero(&client);
        return;
    };
    let mut flowing = lead.cut.begin();
    let _ = client.set_nodelay(true);
    let _ = upstream.set_nodelay(true);
    let copied =
        copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER_BYTES, BUFFER_BYTES);
    let cut = async {
        if lead.within_reach.wait_for(|open| !open).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let ended = tokio::select! {
        copied = copied => copied.is_ok(),
        () = cut => false,
        () = flowing.is_cut() => false,
    };
    if !ended {
        // A killed server resets its connections: so does its slot.
        linger_zero(&client);
        linger_zero(&upstream);
    }
}

/// Makes closing `stream` send a reset instead of an orderly end.
fn linger_zero(stream: &TcpStream) {
    let _ = set_socket_linger(stream, Some(Duration::ZERO));
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn ask(slot: SocketAddrV4) -> std::io::Result<TcpStream> {
        let mut client = TcpStream::connect(slot).await?;
        client.write_all(b"x").await?;
        client.read_exact(&mut [0]).await?;
        Ok(client)
    }

    fn address(listener: &TcpListener) -> SocketAddrV4 {
        match listener.local_addr().unwrap() {
            std::net::SocketAddr::V4(address) => address,
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn nobody_passes_to_a_server_out_of_reach_and_whoever_is_connected_is_cut() {
        let any = SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0);
        let server = bind(any).await.unwrap();
        let slot = bind(any).await.unwrap();
        let (to, at) = (address(&server), address(&slot));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = server.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    tokio::io::copy(&mut read, &mut write).await
                });
            }
        });
        let (gate, within_reach) = watch::channel(false);
        let cut = Cut::default();
        let lead = Lead {
            server: to.into(),
            within_reach,
            cut: cut.clone(),
        };
        tokio::spawn(serve(slot, Box::new(move || Some(lead.clone()))));
        assert!(ask(at).await.is_err());
        gate.send_replace(true);
        let mut client = ask(at).await.unwrap();
        let mut other = ask(at).await.unwrap();
        assert_eq!(cut.cut(), 2);
        for client in [&mut client, &mut other] {
            let ended = client.read(&mut [0]).await;
            assert!(ended.is_err(), "{ended:?}");
        }
        let mut client = ask(at).await.unwrap();
        gate.send_replace(false);
        let ended = client.read(&mut [0]).await;
        assert!(ended.is_err(), "{ended:?}");
        assert!(ask(at).await.is_err());
    }
}
