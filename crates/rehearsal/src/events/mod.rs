//! What happened, as RDS and ElastiCache tell it.

mod describe;
mod window;

use jiff::Timestamp;

pub(crate) use describe::describe;

use crate::protocol::time;
use crate::protocol::xml::Element;

/// Most events that are kept of a service.
const MAX_EVENTS: usize = 10_000;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// When it truly happened.
    pub(crate) at: Timestamp,
    pub(crate) source: String,
    /// For example `db-instance`, `replication-group`.
    pub(crate) source_type: String,
    pub(crate) message: String,
    /// RDS only.
    pub(crate) categories: Vec<String>,
}

/// The events that the front itself tells; the emulators have some more.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    rds: Vec<Event>,
    elasticache: Vec<Event>,
}

impl EventLog {
    pub(crate) fn of(&self, service: &str) -> &[Event] {
        match service {
            "rds" => &self.rds,
            _ => &self.elasticache,
        }
    }

    /// Notes an RDS event.
    pub(crate) fn rds(
        &mut self,
        at: Timestamp,
        (source_type, source): (&str, &str),
        category: &str,
        message: impl Into<String>,
    ) {
        self.rds.push(Event {
            at,
            source: source.to_owned(),
            source_type: source_type.to_owned(),
            message: message.into(),
            categories: vec![category.to_owned()],
        });
        bound(&mut self.rds);
    }

    /// Notes an ElastiCache event.
    pub(crate) fn elasticache(
        &mut self,
        at: Timestamp,
        (source_type, source): (&str, &str),
        message: impl Into<String>,
    ) {
        self.elasticache.push(Event {
            at,
            source: source.to_owned(),
            source_type: source_type.to_owned(),
            message: message.into(),
            categories: Vec::new(),
        });
        bound(&mut self.elasticache);
    }
}

fn bound(events: &mut Vec<Event>) {
    let surplus = events.len().saturating_sub(MAX_EVENTS);
    events.drain(..surplus);
}

impl Event {
    fn element(&self, service: &str) -> Element {
        let mut children = vec![
            Element::text("SourceIdentifier", &self.source),
            Element::text("SourceType", &self.source_type),
            Element::text("Message", &self.message),
            Element::text("Date", time::iso(self.at)),
        ];
        if service == "rds" {
            let category = |name: &String| Element::text("EventCategory", name);
            let categories = self.categories.iter().map(category).collect();
            children.push(Element::new("EventCategories", categories));
        }
        Element::new("Event", children)
    }

    /// An emulator's event; `None` when its date cannot be read.
    fn read(element: &Element) -> Option<Self> {
        let categories = element.child("EventCategories");
        let categories = categories.map_or(&[][..], |list| &list.children);
        Some(Self {
            at: time::read(element.value("Date"))?,
            source: element.value("SourceIdentifier").to_owned(),
            source_type: element.value("SourceType").to_owned(),
            message: element.value("Message").to_owned(),
            categories: categories.iter().map(|item| item.text.clone()).collect(),
        })
    }
}
