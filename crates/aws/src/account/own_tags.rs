//! The tags of one resource, as its own service tells them: unlike the region's index, never late.

use serde_json::{Value, json};

use super::arn::Arn;
use super::connected::Account;
use super::error::AccountError;
use super::plain::Service;
use super::tagged::TAG;

/// What most services call it.
const LIST: &str = "ListTagsForResource";

impl Account {
    /// Whether what `arn` names carries the tag of `lab` at this moment. What is gone does not, and neither does
    /// what nobody here can ask for its tags.
    pub(super) async fn carries(&self, lab: &str, arn: &str) -> Result<bool, AccountError> {
        let told = match self.lab_of(arn).await {
            Err(error) if error.not_found() => return Ok(false),
            told => told?,
        };
        Ok(told.is_some_and(|told| told == lab))
    }

    /// The lab that the tag names.
    async fn lab_of(&self, arn: &str) -> Result<Option<String>, AccountError> {
        let Some(parts) = Arn::parse(arn) else {
            return Ok(None);
        };
        let (_, name) = parts.kind_and_name();
        match parts.service {
            "ec2" => self.lab_of_network(name).await,
            // A role's path is part of its ARN and not of its name.
            "iam" => {
                self.lab_of_role(name.rsplit('/').next().unwrap_or(name))
                    .await
            }
            "rds" | "elasticache" => self.lab_of_server(parts.service, arn).await,
            "logs" => self.lab_of_log_group(arn).await,
            "ecr" | "ecs" | "kms" => self.lab_in_list(parts.service, arn).await,
            "servicediscovery" => {
                let ask = json!({ "ResourceARN": arn });
                let told = self.json(Service::CloudMap, LIST, ask).await?;
                Ok(among(&told["Tags"]))
            }
            "budgets" => {
                let ask = json!({ "ResourceARN": arn });
                let told = self.json(Service::Budgets, LIST, ask).await?;
                Ok(among(&told["ResourceTags"]))
            }
            _ => Ok(None),
        }
    }

    async fn lab_of_network(&self, id: &str) -> Result<Option<String>, AccountError> {
        let which = [
            ("Filter.1.Name", "resource-id"),
            ("Filter.1.Value.1", id),
            ("Filter.2.Name", "key"),
            ("Filter.2.Value.1", TAG),
        ];
        let told = self.query(Service::Ec2, "DescribeTags", &which).await?;
        Ok(told.first("value"))
    }

    async fn lab_of_role(&self, role: &str) -> Result<Option<String>, AccountError> {
        let which = [("RoleName", role)];
        let told = self.query(Service::Iam, "ListRoleTags", &which).await?;
        let mut tags = told.all("Key").into_iter().zip(told.all("Value"));
        Ok(tags.find(|(key, _)| key == TAG).map(|(_, value)| value))
    }

    async fn lab_of_server(
        &self,
        service: &str,
        arn: &str,
    ) -> Result<Option<String>, AccountError> {
        let clients = self.clients();
        if service == "rds" {
            let told = clients.rds.list_tags_for_resource().resource_name(arn);
            let told = told.send().await.map_err(self.failed("RDS", LIST))?;
            let tags = told.tag_list().iter();
            return Ok(first(tags.map(|tag| (tag.key(), tag.value()))));
        }
        let told = clients.elasticache.list_tags_for_resource();
        let told = told.resource_name(arn).send().await;
        let told = told.map_err(self.failed("ElastiCache", LIST))?;
        let tags = told.tag_list().iter();
        Ok(first(tags.map(|tag| (tag.key(), tag.value()))))
    }

    async fn lab_in_list(&self, service: &str, arn: &str) -> Result<Option<String>, AccountError> {
        let clients = self.clients();
        Ok(match service {
            "ecr" => {
                let told = clients.ecr.list_tags_for_resource().resource_arn(arn);
                let told = told.send().await.map_err(self.failed("ECR", LIST))?;
                let tags = told.tags().iter();
                first(tags.map(|tag| (Some(tag.key()), Some(tag.value()))))
            }
            "ecs" => {
                let told = clients.ecs.list_tags_for_resource().resource_arn(arn);
                let told = told.send().await.map_err(self.failed("ECS", LIST))?;
                first(told.tags().iter().map(|tag| (tag.key(), tag.value())))
            }
            _ => {
                let told = clients.kms.list_resource_tags().key_id(arn).send().await;
                let told = told.map_err(self.failed("KMS", "ListResourceTags"))?;
                let tags = told.tags().iter();
                first(tags.map(|tag| (Some(tag.tag_key()), Some(tag.tag_value()))))
            }
        })
    }

    async fn lab_of_log_group(&self, arn: &str) -> Result<Option<String>, AccountError> {
        let ask = self.clients().logs.list_tags_for_resource();
        let told = ask.resource_arn(arn).send().await;
        let told = told.map_err(self.failed("CloudWatch Logs", LIST))?;
        Ok(told.tags().and_then(|tags| tags.get(TAG)).cloned())
    }
}

/// The tag's value in a list of keys and values.
fn first<'a>(mut tags: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Option<String> {
    let ours = tags.find(|(key, _)| *key == Some(TAG));
    ours.and_then(|(_, value)| value).map(str::to_owned)
}

fn among(list: &Value) -> Option<String> {
    let mut tags = list.as_array().into_iter().flatten();
    let ours = tags.find(|tag| tag["Key"] == TAG)?;
    ours["Value"].as_str().map(str::to_owned)
}
