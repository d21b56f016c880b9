//! The estimate itself: lines that add up, what depends on use, and what has no price.

use serde::Serialize;
use serde_json::Value;

use super::rules::{self, Amount, Item, Resource};
use super::table::{Per, Prices, Quality};

/// What a lab costs per hour while nobody uses it, once the plan is carried out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimate {
    /// US dollars per hour, at least: what scales by itself is at its smallest.
    pub usd_per_hour: f64,
    /// The same with everything that scales by itself at its largest.
    pub usd_per_hour_at_most: f64,
    /// What it is made of.
    pub lines: Vec<Line>,
    /// What costs by use, which a plan does not tell.
    pub by_use: Vec<ByUse>,
    /// Addresses of what has no price in the table, each with the price that is missing.
    pub not_priced: Vec<String>,
    /// Date of the prices.
    pub dated: String,
    /// The region whose prices these are.
    pub region: String,
    /// The plan's region is another one, where prices differ.
    pub other_region: Option<String>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The resource.
    pub address: String,
    /// Name of the price.
    pub price: String,
    /// How many, or how many gigabytes.
    pub quantity: f64,
    /// The same at most.
    pub quantity_at_most: f64,
    /// US dollars per hour, at least.
    pub usd_per_hour: f64,
    /// How good the price's source is.
    pub quality: Quality,
}

/// Something that costs by use: a gigabyte, a request, an hour of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ByUse {
    /// The resource.
    pub address: String,
    /// Name of the price.
    pub price: String,
    /// US dollars.
    pub usd: f64,
    /// For what.
    pub per: Per,
}

/// Prices everything that `plan` (`terraform show -json`) leaves standing in `region`.
pub fn estimate(plan: &Value, region: &str, prices: &Prices) -> Estimate {
    let mut estimate = Estimate {
        usd_per_hour: 0.0,
        usd_per_hour_at_most: 0.0,
        lines: Vec::new(),
        by_use: Vec::new(),
        not_priced: Vec::new(),
        dated: prices.dated.clone(),
        region: prices.region.clone(),
        other_region: (region != prices.region).then(|| region.to_owned()),
    };
    let changes = plan["resource_changes"].as_array().into_iter().flatten();
    for resource in changes.filter_map(Resource::read) {
        if prices.is_free(resource.kind) {
            continue;
        }
        match rules::items(&resource, plan) {
            Some(items) => items
                .iter()
                .for_each(|item| estimate.add(&resource, item, prices)),
            None => estimate.not_priced.push(resource.address.to_owned()),
        }
    }
    estimate
}

impl Estimate {
    fn add(&mut self, resource: &Resource<'_>, item: &Item, prices: &Prices) {
        let address = resource.address.to_owned();
        let Some(price) = prices.get(&item.price) else {
            self.not_priced.push(format!("{address} ({})", item.price));
            return;
        };
        match item.amount {
            Amount::Standing(least, most) => {
                let (Some(usd_per_hour), Some(at_most)) =
                    (price.per_hour(least), price.per_hour(most))
                else {
                    self.not_priced.push(format!("{address} ({})", item.price));
                    return;
                };
                self.usd_per_hour += usd_per_hour;
                self.usd_per_hour_at_most += at_most;
                self.lines.push(Line {
                    address,
                    price: item.price.clone(),
                    quantity: least,
                    quantity_at_most: most,
                    usd_per_hour,
                    quality: price.quality,
                });
            }
            Amount::Use(quantity) => self.by_use.push(ByUse {
                address,
                price: item.price.clone(),
                usd: price.usd * quantity,
                per: price.per,
            }),
        }
    }
}
