//! Rules of security groups: found by what they say of themselves, in groups of the lab.

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::plain::Service;
use crate::account::tagged::TAG;
use crate::account::xml;

impl Account {
    /// The rule that is described as `name`, in one direction. Its tags may be given to it by a second call that
    /// never came, so it is believed by those of its group.
    pub(super) async fn rule_of(
        &self,
        lab: &str,
        name: &str,
        egress: bool,
    ) -> Result<Option<Making>, AccountError> {
        for group in self.groups_of(lab).await? {
            if let Some(id) = self.rule_in(&group, name, egress).await? {
                let arn = self.arn("ec2", &format!("security-group-rule/{id}"));
                return Ok(Some(Making::of(&arn, &id, None)));
            }
        }
        Ok(None)
    }

    async fn rule_in(
        &self,
        group: &str,
        name: &str,
        egress: bool,
    ) -> Result<Option<String>, AccountError> {
        let of_group = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", group)];
        let told = self.query(Service::Ec2, "DescribeSecurityGroupRules", &of_group);
        let told = match told.await {
            // EC2 goes on telling the tags of groups that are gone.
            Err(error) if error.not_found() => return Ok(None),
            told => told?,
        };
        let rules = xml::members(told.document(), "securityGroupRuleSet", "item");
        let text = |rule, element| xml::texts(rule, element).into_iter().next();
        let ours = rules.into_iter().find(|rule| {
            let direction = text(rule, "isEgress").is_some_and(|told| told == egress.to_string());
            direction && text(rule, "description").is_some_and(|told| told == name)
        });
        Ok(ours.and_then(|rule| text(rule, "securityGroupRuleId")))
    }

    /// Ids of the lab's security groups.
    async fn groups_of(&self, lab: &str) -> Result<Vec<String>, AccountError> {
        let ours = [
            ("Filter.1.Name", "key"),
            ("Filter.1.Value.1", TAG),
            ("Filter.2.Name", "value"),
            ("Filter.2.Value.1", lab),
            ("Filter.3.Name", "resource-type"),
            ("Filter.3.Value.1", "security-group"),
        ];
        let told = self.query(Service::Ec2, "DescribeTags", &ours).await?;
        Ok(told.all("resourceId"))
    }
}
