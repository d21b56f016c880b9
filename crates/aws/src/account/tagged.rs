//! What carries the tag of a lab, whoever made it.

use serde::Serialize;

use aws_sdk_resourcegroupstagging::types::TagFilter;

use super::arn::Arn;
use super::connected::Account;
use super::error::AccountError;

/// The tag that everything of a lab carries.
const TAG: &str = "lab";

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

impl Tagged {
    fn of(arn: &str) -> Option<Self> {
        let parts = Arn::parse(arn)?;
        Some(Self {
            arn: arn.to_owned(),
            service: parts.service.to_owned(),
            kind: parts.kind_and_name().0.to_owned(),
        })
    }
}
