//! Networks: found by their tag `Name`. EC2 goes on telling the tags of what was deleted, so each is asked for
//! its state.

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::plain::Service;
use crate::account::tagged::TAG;
use crate::account::xml;

/// Terraform's types, and what EC2 calls them.
const KINDS: &[(&str, &str)] = &[
    ("aws_route_table", "route-table"),
    ("aws_security_group", "security-group"),
    ("aws_subnet", "subnet"),
    ("aws_vpc", "vpc"),
    ("aws_vpc_endpoint", "vpc-endpoint"),
];

pub(super) fn kind(terraform: &str) -> Option<&'static str> {
    let known = KINDS.iter().find(|(known, _)| *known == terraform);
    known.map(|(_, kind)| *kind)
}

impl Account {
    pub(super) async fn in_network(
        &self,
        lab: &str,
        kind: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let called = [
            ("Filter.1.Name", "key"),
            ("Filter.1.Value.1", "Name"),
            ("Filter.2.Name", "value"),
            ("Filter.2.Value.1", name),
            ("Filter.3.Name", "resource-type"),
            ("Filter.3.Value.1", kind),
        ];
        let told = self.query(Service::Ec2, "DescribeTags", &called).await?;
        for id in told.all("resourceId") {
            let arn = self.arn("ec2", &format!("{kind}/{id}"));
            let made = self.standing(lab, &arn, &id).await?;
            if made.is_some() {
                return Ok(made);
            }
        }
        Ok(None)
    }

    /// The entry of the lab's subnet in `zone` in one of the lab's route tables. It has no tags of its own.
    pub(super) async fn association_of(
        &self,
        lab: &str,
        zone: &str,
    ) -> Result<Option<Making>, AccountError> {
        let ours = format!("tag:{TAG}");
        let subnets = [
            ("Filter.1.Name", ours.as_str()),
            ("Filter.1.Value.1", lab),
            ("Filter.2.Name", "availability-zone"),
            ("Filter.2.Value.1", zone),
        ];
        let subnets = self
            .query(Service::Ec2, "DescribeSubnets", &subnets)
            .await?;
        let subnets = subnets.all("subnetId");
        let tables = [("Filter.1.Name", ours.as_str()), ("Filter.1.Value.1", lab)];
        let tables = self
            .query(Service::Ec2, "DescribeRouteTables", &tables)
            .await?;
        let entries = xml::members(tables.document(), "associationSet", "item");
        let text = |entry, name| xml::texts(entry, name).into_iter().next();
        let ours = entries
            .into_iter()
            .find(|entry| text(entry, "subnetId").is_some_and(|subnet| subnets.contains(&subnet)));
        Ok(ours.and_then(|entry| {
            let id = text(entry, "routeTableAssociationId")?;
            Some(Making::part(&id, text(entry, "state").as_deref()))
        }))
    }
}
