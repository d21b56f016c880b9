//! What carries the tag of a lab, whoever made it.

use serde::Serialize;

use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::arn::Arn;
use super::connected::Account;
use super::error::AccountError;
use super::plain::Service;
use super::removal;
use super::still_there::State;

/// The tag that everything of a lab carries.
pub(super) const TAG: &str = "lab";
/// What the names of a lab's budgets end with, as terraform/modules/budget has them.
const BUDGETS: [&str; 2] = ["daily", "monthly"];

/// Something with a lab's tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// The service, as ARNs name it.
    pub service: String,
    /// What it is, as ARNs name it; empty where a service has only one kind.
    pub kind: String,
}

impl Account {
    /// Everything in this region with the tag of `lab`, as AWS's index of tags has it. The index is
    /// late: what is new may be missing and what is gone may be in it. Roles are not in it at all.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn tagged(&self, lab: &str) -> Result<Vec<Tagged>, AccountError> {
        let filter = TagFilter::builder().key(TAG).values(lab).build();
        let mut pages = self
            .clients()
            .tags
            .get_resources()
            .tag_filters(filter)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(self.failed("Resource Groups Tagging API", "GetResources"))?;
            let arns = page.resource_tag_mapping_list().iter();
            found.extend(arns.filter_map(|mapping| Tagged::of(mapping.resource_arn()?)));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

impl Account {
    /// Everything that carries the tag of `lab`: what the region's index has, and what is in none. Roles are found
    /// by the name that a lab's roles begin with, budgets by their names, and both are believed by their tag. A
    /// dashboard can carry none, so that its name has to do; for a configuration of MSK, name and description.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn of_lab(&self, lab: &str) -> Result<Vec<Tagged>, AccountError> {
        let mut found = self.tagged(lab).await?;
        found.extend(self.roles(lab).await?);
        found.extend(self.budgets(lab).await?);
        found.extend(self.dashboard(lab).await?);
        let configuration = self.configuration_of(lab, &format!("rlab-{lab}")).await?;
        found.extend(configuration.and_then(|made| made.found));
        found.sort();
        found.dedup();
        Ok(found)
    }

    async fn roles(&self, lab: &str) -> Result<Vec<Tagged>, AccountError> {
        let (mut ours, mut marker) = (Vec::new(), None::<String>);
        loop {
            let from = marker.as_deref().map(|marker| ("Marker", marker));
            let page = self
                .query(Service::Iam, "ListRoles", from.as_slice())
                .await?;
            for (name, arn) in page.all("RoleName").into_iter().zip(page.all("Arn")) {
                if name.starts_with(&format!("rlab-{lab}-")) && self.carries(lab, &arn).await? {
                    ours.extend(Tagged::of(&arn));
                }
            }
            marker = page.first("Marker");
            if marker.is_none() {
                return Ok(ours);
            }
        }
    }
}

impl Account {
    async fn budgets(&self, lab: &str) -> Result<Vec<Tagged>, AccountError> {
        let mut ours = Vec::new();
        for budget in BUDGETS {
            let arn = self.arn("budgets", &format!("budget/rlab-{lab}-{budget}"));
            if self.carries(lab, &arn).await? {
                ours.extend(Tagged::of(&arn));
            }
        }
        Ok(ours)
    }

    async fn dashboard(&self, lab: &str) -> Result<Option<Tagged>, AccountError> {
        let arn = self.arn("cloudwatch", &format!("dashboard/rlab-{lab}"));
        Ok(match self.become_of(&arn).await? {
            Some(State::There { .. }) => Tagged::of(&arn),
            _ => None,
        })
    }
}

impl Tagged {
    /// Whether it is of a kind that [`Account::remove`] removes.
    pub fn is_removable(&self) -> bool {
        removal::stage(self).is_some()
    }

    /// What `arn` names, whatever its tags.
    pub(super) fn of(arn: &str) -> Option<Self> {
        let parts = Arn::parse(arn)?;
        Some(Self {
            arn: arn.to_owned(),
            service: parts.service.to_owned(),
            kind: parts.kind_and_name().0.to_owned(),
        })
    }
}
