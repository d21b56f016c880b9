//! What carries the tag of a lab, whoever made it.

use serde::Serialize;

use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::arn::Arn;
use super::connected::Account;
use super::error::AccountError;
use super::plain::Service;
use super::removal;

/// The tag that everything of a lab carries.
pub(super) const TAG: &str = "lab";

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
    /// Everything that carries the tag of `lab`: what the region's index has, and roles, which are in
    /// none. Roles are found by the name that a lab's roles begin with, and believed by their tag.
    ///
    /// # Errors
    /// When AWS refuses or does not answer.
    pub async fn of_lab(&self, lab: &str) -> Result<Vec<Tagged>, AccountError> {
        let mut found = self.tagged(lab).await?;
        found.extend(self.roles(lab).await?);
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
                if name.starts_with(&format!("rlab-{lab}-")) && self.is_of(&name, lab).await? {
                    ours.extend(Tagged::of(&arn));
                }
            }
            marker = page.first("Marker");
            if marker.is_none() {
                return Ok(ours);
            }
        }
    }

    async fn is_of(&self, role: &str, lab: &str) -> Result<bool, AccountError> {
        let told = self
            .query(Service::Iam, "ListRoleTags", &[("RoleName", role)])
            .await?;
        let mut tags = told.all("Key").into_iter().zip(told.all("Value"));
        Ok(tags.any(|(key, value)| key == TAG && value == lab))
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
