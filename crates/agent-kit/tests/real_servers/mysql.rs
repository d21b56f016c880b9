//! MySQL over TLS, and tokens that change under a pool.

use std::sync::{Arc, Mutex};

use rlab_agent_kit::mysql::open;
use rlab_agent_kit::server::Access;
use rlab_contract::login::Roots;
use rlab_store::health::ping;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::certificates::Authority;
use crate::mysql_server::{Mysql, mysql};
use crate::{password, server, short_lived, until};

async fn started() -> Mysql {
    let mysql = mysql().await;
    let first = password("first", mysql.authority.roots());
    let pool = open(server("localhost", mysql.port, "agent", first), "lab", 1);
    until("mysql starts", async || ping(&pool).await).await;
    mysql
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_takes_only_a_server_that_its_authority_vouches_for_under_the_name_asked_for() {
    let mysql = started().await;
    let right = mysql.authority.roots();
    let asked = async |host: &str, roots: Roots| {
        let server = server(host, mysql.port, "agent", password("first", roots));
        ping(&open(server, "lab", 1)).await
    };
    asked("localhost", right.clone()).await.unwrap();
    for (host, roots) in [
        ("127.0.0.1", right),
        ("localhost", Authority::new().roots()),
        ("localhost", Roots::System),
    ] {
        let refused = asked(host, roots).await.unwrap_err().to_string();
        assert!(
            refused.contains("certificate verify failed"),
            "{host}: {refused}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_made_after_a_token_was_renewed_show_the_new_one_and_older_ones_go_on() {
    let mysql = started().await;
    let shown = Arc::new(Mutex::new("first".to_owned()));
    let access = Access::Token(short_lived(&shown), mysql.authority.roots());
    let pool = open(server("localhost", mysql.port, "agent", access), "lab", 2);
    let mut older = until("the first token is taken", async || pool.acquire().await).await;

    sqlx::raw_sql("ALTER USER USER() IDENTIFIED BY 'second'")
        .execute(&mut *older)
        .await
        .unwrap();
    let stale = password("first", mysql.authority.roots());
    let stale = open(server("localhost", mysql.port, "agent", stale), "lab", 1);
    let refused = ping(&stale).await.unwrap_err().to_string();
    assert!(refused.contains("Access denied"), "{refused}");

    *shown.lock().unwrap() = "second".to_owned();
    // The pool's only other connection has to be made now: `older` is taken.
    until("the second token is taken", async || ping(&pool).await).await;
    assert_eq!(pool.size(), 2);
    sqlx::raw_sql("SELECT 1")
        .execute(&mut *older)
        .await
        .unwrap();
}

/// Greets like a MySQL that knows no TLS and wants passwords as they are.
const GREETING: &[u8] = b"\x48\0\0\0\x0a8.0.0\0\x01\0\0\0salt-one\0\x00\x82\x2d\x02\0\x08\0\x15\
    \0\0\0\0\0\0\0\0\0\0salt-two-abc\0mysql_clear_password\0";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_told_nothing_at_all() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        client.write_all(GREETING).await.unwrap();
        let mut told = Vec::new();
        client.read_to_end(&mut told).await.unwrap();
        told
    });
    let shown = Arc::new(Mutex::new("a-token".to_owned()));
    let mut tokens = short_lived(&shown);
    tokens.renewed().await;
    let access = Access::Token(tokens, Authority::new().roots());
    let pool = open(server("127.0.0.1", port, "agent", access), "lab", 1);
    let refused = ping(&pool).await.unwrap_err().to_string();
    assert!(refused.contains("does not support TLS"), "{refused}");
    assert_eq!(told.await.unwrap(), b"");
}
