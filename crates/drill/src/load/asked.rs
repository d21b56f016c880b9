//! Whoever a load asks: a service by HTTP, or Redis by its own protocol.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rand::RngExt;
use rand::rngs::StdRng;
use rlab_ledger::Exchange;

use super::client::{Client, Silence};
use super::generator::Resolve;
use super::numbers::{Dial, Writer};
use super::question::Question;

/// Whoever is asked, wherever that is at the moment.
pub(super) enum Asked {
    Service(Arc<Service>, fn(&mut StdRng) -> Question),
    Redis(Arc<Writer>),
}

/// A service of the pipeline.
pub(super) struct Service {
    base: Resolve,
    client: Client,
}

/// The key that a question is about, and what asks it once and tells the whole exchange.
pub(super) type Next = (String, BoxFuture<'static, Exchange>);

impl Asked {
    /// A service that is asked what `draw` gives.
    pub(super) fn service(
        base: &Resolve,
        timeout: Duration,
        draw: fn(&mut StdRng) -> Question,
    ) -> Self {
        let service = Service {
            base: base.clone(),
            client: Client::new(timeout),
        };
        Self::Service(Arc::new(service), draw)
    }

    /// Redis, wherever `dial` finds it.
    pub(super) fn redis(dial: &Dial, timeout: Duration) -> Self {
        Self::Redis(Arc::new(Writer::new(dial.clone(), timeout)))
    }

    /// Draws the next question, about one of `keys` keys that are named `<prefix>-<number>`.
    pub(super) fn next(&self, random: &mut StdRng, prefix: &str, keys: u32) -> Next {
        let name = |random: &mut StdRng| format!("{prefix}-{}", random.random_range(0..keys));
        match self {
            Self::Service(service, draw) => {
                let (question, key) = (draw(random), name(random));
                let asking = Arc::clone(service).ask(question, key.clone());
                (key, asking.boxed())
            }
            Self::Redis(writer) => {
                let key = name(random);
                let number = writer.next_number(&key);
                let writing = Arc::clone(writer).write(key.clone(), number);
                let telling = writing.map(move |answer| Exchange::Write { number, answer });
                (key, telling.boxed())
            }
        }
    }
}

impl Service {
    async fn ask(self: Arc<Self>, question: Question, key: String) -> Exchange {
        let asking = async {
            let address = (self.base)().ok_or(Silence::NoAddress)?;
            self.client.ask(address, question.request(&key)?).await
        };
        question.told(asking.await)
    }
}
