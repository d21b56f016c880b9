//! Proxy slots: every endpoint is reached through one, so that what flows can be cut, delayed or
//! led elsewhere without the kernel's help.
//!
//! A slot whose server does not accept answers with a reset, as the server's own port would. The
//! limit of that likeness: the connection is accepted first and reset a moment later.

use std::net::SocketAddrV4;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;
use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::error::LabError;
use crate::spec::LabSpec;

/// Bytes held per direction: large enough that a produce batch passes in one turn.
const BUFFER_BYTES: usize = 64 << 10;
/// A paused server's backlog fills up; its clients then wait no longer than this.
const CONNECT_DEADLINE: Duration = Duration::from_secs(30);

/// The slots of a lab, listening.
pub struct Slots {
    tasks: JoinSet<()>,
}

impl Slots {
    /// Listens in front of every endpoint of `lab`, at its zone's address and at its door.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub async fn open(lab: &LabSpec) -> Result<Self, LabError> {
        let mut tasks = JoinSet::new();
        for node in &lab.nodes {
            for (index, listener) in node.ports.iter().enumerate() {
                if listener.endpoint.is_none() {
                    continue;
                }
                let door = listener.door.then(|| node.door_address()).flatten();
                for address in [Some(node.front_address(index)), door]
                    .into_iter()
                    .flatten()
                {
                    let bound = bind(address).await?;
                    tasks.spawn(serve(bound, node.back_address(index)));
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

async fn bind(address: SocketAddrV4) -> Result<TcpListener, LabError> {
    TcpListener::bind(address)
        .await
        .map_err(|e| LabError::Supervisor(format!("proxy slot {address}: {e}")))
}

async fn serve(listener: TcpListener, server: SocketAddrV4) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => {
                    connections.spawn(forward(client, server));
                }
                // Out of descriptors: wait for some to be returned rather than spin.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn forward(mut client: TcpStream, server: SocketAddrV4) {
    let connecting = tokio::time::timeout(CONNECT_DEADLINE, TcpStream::connect(server));
    let Ok(Ok(mut upstream)) = connecting.await else {
        linger_zero(&client);
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = upstream.set_nodelay(true);
    let copied =
        copy_bidirectional_with_sizes(&mut client, &mut upstream, BUFFER_BYTES, BUFFER_BYTES);
    if copied.await.is_err() {
        // A killed server resets its connections: so does its slot.
        linger_zero(&client);
        linger_zero(&upstream);
    }
}

/// Makes closing `stream` send a reset instead of an orderly end.
fn linger_zero(stream: &TcpStream) {
    let _ = set_socket_linger(stream, Some(Duration::ZERO));
}
