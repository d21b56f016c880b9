//! How agents prove themselves, on real servers: each test starts one from the cache (`RLAB_CACHE`) in a
//! folder of its own and ends it. Run with `--features rlab-agent-kit/real-servers`.

mod certificates;
mod kafka;
mod kafka_server;
mod mysql;
mod mysql_server;
mod process;
mod redis;
mod redis_server;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rlab_agent_kit::address::{AddressMap, Resolve};
use rlab_agent_kit::ready::Readiness;
use rlab_agent_kit::server::{Access, Server};
use rlab_agent_kit::token::{Token, Tokens};
use rlab_contract::agent_config::Addresses;
use rlab_contract::login::{Roots, Transport};

/// What a server is given to start, and what a step may take.
const WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Asks until the answer is yes.
async fn until<T, E: std::fmt::Display>(what: &str, ask: impl AsyncFn() -> Result<T, E>) -> T {
    let end = tokio::time::Instant::now() + WITHIN;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) if tokio::time::Instant::now() > end => panic!("{what}: {error}"),
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Passwords that stand in for tokens: what `password` holds, good for a second and a half.
fn short_lived(password: &Arc<Mutex<String>>) -> Tokens {
    let password = Arc::clone(password);
    Tokens::keep(&Readiness::default(), "test token", move || {
        let text = password.lock().unwrap().clone().into();
        async move {
            Ok::<_, String>(Token {
                text,
                runs_out: SystemTime::now() + Duration::from_millis(1500),
            })
        }
    })
}

/// The server at `host:port`, where `user` shows what `access` has.
fn server(host: &str, port: u16, user: &str, access: Access) -> Server {
    let address = format!("{host}:{port}").parse().unwrap();
    Server {
        addresses: AddressMap::new(
            &Addresses::Fixed([("server".to_owned(), address)].into()),
            Resolve::EachConnect,
        ),
        endpoint: "server".into(),
        user: user.into(),
        access,
    }
}

fn password(text: &str, roots: Roots) -> Access {
    Access::Password(text.into(), Transport::Tls(roots))
}
