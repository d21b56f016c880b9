//! Plans as documents: what would change, what it costs.

use jiff::Timestamp;
use rlab_aws::terraform::{Action, Stop};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::CloudError;
use crate::event::OnCloud;
use crate::up::{self, CloudOptions, Planned};

/// What `up` would do in AWS.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CloudPlan {
    /// Always `rlab/cloud-plan/v1`.
    pub schema: &'static str,
    /// Lab name.
    pub lab: String,
    /// Profile name.
    pub profile: String,
    /// Whether the API is played on this machine.
    pub rehearsed: bool,
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// Who answers for it.
    pub owner: String,
    /// When it has to be gone, RFC 3339.
    #[schemars(with = "String")]
    pub expiry: Timestamp,
    /// Whether anything would change.
    pub differs: bool,
    /// Resources that would be made, replaced ones included.
    pub create: usize,
    /// Resources that would be changed in place.
    pub update: usize,
    /// Resources that would be removed, replaced ones included.
    pub delete: usize,
    /// Each of them.
    pub changes: Vec<PlannedChange>,
    /// US dollars per hour while nobody uses it, at least.
    pub usd_per_hour: f64,
    /// The same with everything that scales by itself at its largest.
    pub usd_per_hour_at_most: f64,
    /// What the price table does not know.
    pub not_priced: Vec<String>,
    /// Date of the prices.
    pub prices_dated: String,
    /// Region whose prices these are.
    pub price_region: String,
}

/// What would happen to one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedChange {
    /// Terraform's address of it.
    pub address: String,
    /// `create`, `update`, `delete`, `replace` or `bookkeeping`.
    pub action: &'static str,
}

impl CloudPlan {
    /// Tells a plan.
    pub fn of(planned: &Planned) -> Self {
        let Planned {
            record, plan, cost, ..
        } = planned;
        let count = |action| plan.count(action);
        let replaced = count(Action::Replace);
        Self {
            schema: "rlab/cloud-plan/v1",
            lab: record.lab.clone(),
            profile: record.profile.name.clone(),
            rehearsed: record.is_rehearsed(),
            account: record.account.clone(),
            region: record.region.clone(),
            owner: record.owner.clone(),
            expiry: record.expiry,
            differs: plan.differs,
            create: count(Action::Create) + replaced,
            update: count(Action::Update),
            delete: count(Action::Delete) + replaced,
            changes: plan.changes.iter().map(PlannedChange::of).collect(),
            usd_per_hour: cost.usd_per_hour,
            usd_per_hour_at_most: cost.usd_per_hour_at_most,
            not_priced: cost.not_priced.clone(),
            prices_dated: cost.dated.clone(),
            price_region: cost.region.clone(),
        }
    }
}

impl PlannedChange {
    fn of(change: &rlab_aws::terraform::Change) -> Self {
        Self {
            address: change.address.clone(),
            action: match change.action {
                Action::Create => "create",
                Action::Update => "update",
                Action::Delete => "delete",
                Action::Replace => "replace",
                Action::Bookkeeping => "bookkeeping",
            },
        }
    }
}

/// Plans, and takes no right to change anything. What is not begun is planned with a state of its own, which
/// is thrown away: nothing is made, not even what a lab's state would lie in.
///
/// # Errors
/// Any [`CloudError`]; [`CloudError::NothingToAsk`] for a rehearsal whose servers are down.
pub async fn preview(
    options: &CloudOptions,
    on: OnCloud<'_>,
    stop: &Stop,
) -> Result<CloudPlan, CloudError> {
    if !up::can_be_planned(options).await {
        return Err(CloudError::NothingToAsk(options.dir.name().to_owned()));
    }
    let planned = up::look(options, on, stop).await?;
    Ok(CloudPlan::of(&planned))
}
