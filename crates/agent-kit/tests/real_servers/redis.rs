//! Redis over TLS, and tokens that change under a connection.

use std::sync::{Arc, Mutex};

use rlab_agent_kit::redis::Redis;
use rlab_agent_kit::server::Access;
use rlab_contract::login::Roots;

use crate::certificates::Authority;
use crate::redis_server::{Served, redis};
use crate::{password, server, short_lived, until};

fn with(served: &Served, access: Access) -> Redis {
    Redis::new(server("localhost", served.port, "agent", access))
}

async fn started() -> Served {
    let served = redis("first").await;
    let asked = with(&served, password("first", served.authority.roots()));
    until("redis starts", async || asked.ping().await).await;
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_made_only_to_a_server_vouched_for_under_the_name_asked_for() {
    let served = started().await;
    let right = served.authority.roots();
    for (host, roots) in [
        ("127.0.0.1", right),
        ("localhost", Authority::new().roots()),
        ("localhost", Roots::System),
    ] {
        let server = server(host, served.port, "agent", password("first", roots));
        let refused = Redis::new(server).ping().await.unwrap_err().to_string();
        assert!(
            refused.contains("invalid peer certificate"),
            "{host}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_proves_itself_with_each_new_token_and_so_does_the_one_after_it() {
    let served = started().await;
    let shown = Arc::new(Mutex::new("first".to_owned()));
    let access = Access::Token(short_lived(&shown), served.authority.roots());
    let agent = with(&served, access);
    let connection = async || agent.query::<u64>(redis::cmd("CLIENT").arg("ID")).await;
    let first = until("the first token is taken", connection).await;

    let mut change = redis::cmd("ACL");
    change.arg(&["SETUSER", "agent", "resetpass", ">second"]);
    agent.query::<()>(&change).await.unwrap();
    *shown.lock().unwrap() = "second".to_owned();
    let proved = async || match proofs(&agent).await >= 4 {
        true => Ok(()),
        false => Err("fewer than three tokens shown anew"),
    };
    until("tokens are shown again and again", proved).await;
    assert_eq!(connection().await.unwrap(), first, "on another connection");

    let stale = with(&served, password("first", served.authority.roots()));
    let refused = stale.ping().await.unwrap_err().to_string();
    assert!(refused.contains("AuthenticationFailed"), "{refused}");

    let mut end = redis::cmd("CLIENT");
    end.arg(&["KILL", "ID"]).arg(first).arg("SKIPME").arg("no");
    // It may or may not be answered by the connection that it ends.
    let _ = agent.query::<()>(&end).await;
    let second = until("a new connection shows the new token", connection).await;
    assert_ne!(second, first);
}

/// How often a password was shown on this server; demands that none was refused.
async fn proofs(agent: &Redis) -> u32 {
    let mut info = redis::cmd("INFO");
    info.arg("commandstats");
    let text: String = agent.query(&info).await.unwrap();
    let line = text
        .lines()
        .find_map(|l| l.strip_prefix("cmdstat_auth:calls="));
    let line = line.unwrap_or_default();
    assert!(line.contains("failed_calls=0"), "{line}");
    line.split(',').next().and_then(|c| c.parse().ok()).unwrap()
}
