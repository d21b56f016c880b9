//! What stands around servers and tasks: names, experiments, budgets.

use serde_json::{Value, json};

use super::Making;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::plain::{Service, encoded};
use crate::account::tagged::TAG;

impl Account {
    pub(super) async fn namespace_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let all = self.of_names("ListNamespaces", "Namespaces").await?;
        let called = all.iter().filter(|one| one["Type"] == "DNS_PRIVATE");
        self.name_of(lab, name, called).await
    }

    /// A name that tasks answer to. The same may stand in another lab's namespace, with that lab's tag.
    pub(super) async fn service_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let all = self.of_names("ListServices", "Services").await?;
        self.name_of(lab, name, all.iter()).await
    }

    async fn name_of(
        &self,
        lab: &str,
        name: &str,
        all: impl Iterator<Item = &Value>,
    ) -> Result<Option<Making>, AccountError> {
        for one in all.filter(|one| one["Name"] == name) {
            let (Some(id), Some(arn)) = (one["Id"].as_str(), one["Arn"].as_str()) else {
                continue;
            };
            if self.carries(lab, arn).await? {
                return Ok(Some(Making::of(arn, id, None)));
            }
        }
        Ok(None)
    }

    async fn of_names(&self, action: &'static str, list: &str) -> Result<Vec<Value>, AccountError> {
        let (mut all, mut ask) = (Vec::new(), json!({}));
        loop {
            let page = self.json(Service::CloudMap, action, ask).await?;
            all.extend(page[list].as_array().into_iter().flatten().cloned());
            match page["NextToken"].as_str() {
                Some(token) => ask = json!({ "NextToken": token }),
                None => return Ok(all),
            }
        }
    }

    pub(super) async fn experiment_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let mut from = String::new();
        loop {
            let path = format!("/experimentTemplates{from}");
            let page = self.rest(Service::Fis, "ListExperimentTemplates", "GET", &path);
            let page = page.await?;
            let mut all = page["experimentTemplates"].as_array().into_iter().flatten();
            let ours = all.find(|one| one["tags"]["Name"] == name && one["tags"][TAG] == lab);
            if let Some(id) = ours.and_then(|one| one["id"].as_str()) {
                let arn = self.arn("fis", &format!("experiment-template/{id}"));
                return Ok(Some(Making::of(&arn, id, None)));
            }
            let Some(token) = page["nextToken"].as_str() else {
                return Ok(None);
            };
            from = format!("?nextToken={}", encoded(token));
        }
    }

    pub(super) async fn budget_of(
        &self,
        lab: &str,
        name: &str,
    ) -> Result<Option<Making>, AccountError> {
        let id = format!("{}:{name}", self.identity().account);
        let arn = self.arn("budgets", &format!("budget/{name}"));
        self.standing(lab, &arn, &id).await
    }
}
