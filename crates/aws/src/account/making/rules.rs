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
        let groups = self.groups_of(lab).await?;
        if groups.is_empty() {
            return Ok(None);
        }
        let mut of_groups = vec![("Filter.1.Name".to_owned(), "group-id".to_owned())];
        let numbered = groups.into_iter().zip(1..);
        of_groups.extend(numbered.map(|(group, at)| (format!("Filter.1.Value.{at}"), group)));
        let of_groups: Vec<(&str, &str)> = of_groups
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let told = self.query(Service::Ec2, "DescribeSecurityGroupRules", &of_groups);
        let told = told.await?;
        let rules = xml::members(told.document(), "securityGroupRuleSet", "item");
        let says = |rule, element, text: &str| xml::texts(rule, element).iter().any(|t| t == text);
        let ours = rules.into_iter().find(|rule| {
            says(rule, "description", name) && says(rule, "isEgress", &egress.to_string())
        });
        let id = ours.and_then(|rule| xml::texts(rule, "securityGroupRuleId").into_iter().next());
        Ok(id.map(|id| {
            let arn = self.arn("ec2", &format!("security-group-rule/{id}"));
            Making::of(&arn, &id, None)
        }))
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
