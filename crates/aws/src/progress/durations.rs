//! How long AWS usually takes, by type of resource: a dated file with a source for each line.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use toml::value::Datetime;

use crate::terraform::Action;

const BUILT_IN: &str = include_str!("../../data/durations.toml");

/// From this to that long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it goes fast.
    pub low: Duration,
    /// When it goes slowly; beyond is unusual.
    pub high: Duration,
}

/// What is usual.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// Date of the figures.
    pub dated: String,
    types: BTreeMap<String, Usual>,
    unlisted: Usual,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Usual {
    create: Span,
    destroy: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: String,
    dated: Datetime,
    unlisted: Minutes,
    types: BTreeMap<String, Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Minutes {
    create: [f64; 2],
    destroy: [f64; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    create: [f64; 2],
    destroy: [f64; 2],
    #[serde(rename = "basis")]
    _basis: Basis,
    #[serde(rename = "source")]
    _source: String,
}

/// Where a figure is from.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Basis {
    Reported,
    Measured,
}

impl Durations {
    /// The figures this build comes with.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in file is read by a test")
    }

    /// Reads a file of figures.
    ///
    /// # Errors
    /// When it is not of that form, or a span is negative, endless or upside down.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut types = BTreeMap::new();
        for (name, listed) in &file.types {
            let usual =
                usual(listed.create, listed.destroy).ok_or(format!("{name}: not a span"))?;
            types.insert(name.clone(), usual);
        }
        Ok(Self {
            dated: file.dated.to_string(),
            types,
            unlisted: usual(file.unlisted.create, file.unlisted.destroy)
                .ok_or("unlisted: not a span")?,
        })
    }

    /// How long `action` on a resource of type `kind` usually takes.
    pub fn usual(&self, kind: &str, action: Action) -> Span {
        let Usual { create, destroy } = *self.types.get(kind).unwrap_or(&self.unlisted);
        match action {
            Action::Create | Action::Update => create,
            Action::Delete => destroy,
            Action::Replace => Span {
                low: create.low + destroy.low,
                high: create.high + destroy.high,
            },
            Action::Bookkeeping => Span {
                low: Duration::ZERO,
                high: Duration::ZERO,
            },
        }
    }
}

fn usual(create: [f64; 2], destroy: [f64; 2]) -> Option<Usual> {
    Some(Usual {
        create: span(create)?,
        destroy: span(destroy)?,
    })
}

fn span([low, high]: [f64; 2]) -> Option<Span> {
    let minutes = |m: f64| Duration::try_from_secs_f64(m * 60.0).ok();
    let (low, high) = (minutes(low)?, minutes(high)?);
    (low <= high).then_some(Span { low, high })
}
