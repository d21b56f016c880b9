//! The dated table of prices: one source for each line.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

const BUILT_IN: &str = include_str!("../../data/prices.toml");
/// What AWS reckons a month to be.
const HOURS_PER_MONTH: f64 = 730.0;

/// List prices of one region, in US dollars, on demand.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices {
    /// Date of the figures.
    pub dated: String,
    /// The region they are of.
    pub region: String,
    prices: BTreeMap<String, Price>,
    free: Vec<String>,
}

/// One price.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars.
    pub usd: f64,
    /// For what: `hour`, `month`, `gb_month`, `gb_hour`, `gb`, `million`.
    pub per: Per,
    /// How good the source is.
    pub quality: Quality,
    /// Where it was read.
    pub source: String,
}

/// What a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// An hour of one.
    Hour,
    /// A month of one.
    Month,
    /// A gigabyte kept for a month.
    GbMonth,
    /// A gigabyte kept for an hour.
    GbHour,
    /// A gigabyte moved.
    Gb,
    /// A million of them.
    Million,
}

/// How good the source of a price is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// AWS's own page.
    Aws,
    /// Computed from AWS's price list by a tool that others keep.
    PriceList,
    /// Repeated by somebody else.
    Secondary,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: String,
    dated: Datetime,
    region: String,
    free: Vec<String>,
    prices: BTreeMap<String, Price>,
}

impl Prices {
    /// The table this build comes with.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in file is read by a test")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// When it is not of that form, or a price is no positive number or without a source.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        for (name, price) in &file.prices {
            if !(price.usd.is_finite() && price.usd > 0.0) || price.source.is_empty() {
                return Err(format!("{name}: a price is positive and has a source"));
            }
        }
        Ok(Self {
            dated: file.dated.to_string(),
            region: file.region,
            prices: file.prices,
            free: file.free,
        })
    }

    /// A price by name.
    pub fn get(&self, name: &str) -> Option<&Price> {
        self.prices.get(name)
    }

    /// Whether AWS asks nothing for a type of resource. A name that ends in `*` stands for all that
    /// begin so.
    pub fn is_free(&self, kind: &str) -> bool {
        self.free.iter().any(|free| match free.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => kind == free,
        })
    }
}

impl Price {
    /// US dollars per hour for `quantity` of it; `None` when it depends on use.
    pub fn per_hour(&self, quantity: f64) -> Option<f64> {
        match self.per {
            Per::Hour | Per::GbHour => Some(self.usd * quantity),
            Per::Month | Per::GbMonth => Some(self.usd * quantity / HOURS_PER_MONTH),
            Per::Gb | Per::Million => None,
        }
    }
}
