//! Cells of Kafka, asked of a broker.

use rlab_access::{Cell, Kind, System};
use rlab_lab::kafka_wire::{Connection, On};
use rlab_lab::layout::broker_listener::CLIENT;
use rlab_lab::servers::connect_kafka_as;

use super::Room;
use super::answer::{Answer, Answered};

/// What the first broker answers to `cells`, which are all of `user`.
pub(super) async fn ask(room: &Room<'_>, user: &str, cells: Vec<Cell>) -> Vec<Answered> {
    let mut connection = match connected(room, user).await {
        Ok(connection) => connection,
        Err(why) => return Answered::all(&cells, &Answer::Unknown(why)),
    };
    let mut answers = Vec::with_capacity(cells.len());
    for cell in &cells {
        let name = room.name(&cell.instance.name);
        let answer = match (
            on(cell.instance.kind, &name),
            System::Kafka.word_for(cell.operation),
        ) {
            (Some(on), Some(word)) => Answer::told(connection.may(on, word).await),
            _ => Answer::Unknown("no broker decides that".to_owned()),
        };
        answers.push(Answered::of(cell, answer));
    }
    answers
}

async fn connected(room: &Room<'_>, user: &str) -> Result<Connection, String> {
    let mut brokers = room.site.spec.brokers();
    let broker = brokers.next().ok_or("the lab has no broker")?;
    connect_kafka_as(room.site, broker.past_slot(CLIENT), user).await
}

fn on(kind: Kind, name: &str) -> Option<On<'_>> {
    Some(match kind {
        Kind::KafkaCluster => On::Cluster,
        Kind::KafkaTopic => On::Topic(name),
        Kind::KafkaGroup => On::Group(name),
        Kind::KafkaTransactionalId => On::TransactionalId(name),
        _ => return None,
    })
}
