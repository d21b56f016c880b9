//! The index of tags: the emulator's has neither networks nor databases, secrets, log groups, names of tasks and
//! clusters of Kafka.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response};
use serde_json::{Value, json};

use crate::forward::Answer;
use crate::protocol::form::Form;
use crate::protocol::refusal::Refusal;
use crate::protocol::xml::Element;
use crate::rehearsal::{Call, Rehearsal, lock};

/// A tag's key and value.
type Tag = (String, String);

/// Completes an answer of GetResources.
pub(super) async fn complete(
    rehearsal: &Rehearsal,
    call: &Call,
    answer: Answer,
) -> Result<Response<Body>, Refusal> {
    let Ok(mut told) = serde_json::from_slice::<Value>(&answer.body) else {
        return Ok(answer.into_response());
    };
    let asker = Asker { rehearsal, call };
    let mut all = asker.kafka();
    all.extend(asker.networks().await?);
    all.extend(asker.databases().await?);
    all.extend(asker.secrets().await?);
    all.extend(asker.log_groups().await?);
    all.extend(asker.names().await?);
    let asked: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let Some(list) = told["ResourceTagMappingList"].as_array_mut() else {
        return Ok(answer.into_response());
    };
    let wanted = all.into_iter().filter(|(_, tags)| wants(&asked, tags));
    list.extend(wanted.map(|(arn, tags)| {
        let tags: Vec<Value> = tags
            .iter()
            .map(|(key, value)| json!({ "Key": key, "Value": value }))
            .collect();
        json!({ "ResourceARN": arn, "Tags": tags })
    }));
    Ok(answer.with(told.to_string()))
}

/// Whether tags meet every filter of a question.
fn wants(asked: &Value, tags: &[Tag]) -> bool {
    let mut filters = asked["TagFilters"].as_array().into_iter().flatten();
    filters.all(|filter| {
        let values = filter["Values"].as_array();
        let among =
            |told: &str| values.is_none_or(|all| all.is_empty() || all.iter().any(|v| v == told));
        tags.iter()
            .any(|(key, value)| filter["Key"] == key.as_str() && among(value))
    })
}

/// Asks the emulators in the caller's name.
struct Asker<'a> {
    rehearsal: &'a Rehearsal,
    call: &'a Call,
}

impl Asker<'_> {
    fn arn(&self, service: &str, resource: &str) -> String {
        let scope = &self.call.scope;
        let account = self.rehearsal.account(&scope.access_key);
        format!("arn:aws:{service}:{}:{account}:{resource}", scope.region)
    }

    fn kafka(&self) -> Vec<(String, Vec<Tag>)> {
        let store = lock(&self.rehearsal.kafka);
        let clusters = store.clusters.values().map(|cluster| {
            let tags = cluster.tags.iter();
            let tags = tags.map(|(key, value)| (key.clone(), value.clone()));
            (cluster.arn.clone(), tags.collect())
        });
        clusters.collect()
    }

    async fn networks(&self) -> Result<Vec<(String, Vec<Tag>)>, Refusal> {
        let form = [("Action", "DescribeTags"), ("Version", "2016-11-15")];
        let mut told = self.form("ec2", &form).await?;
        let mut all = Vec::new();
        told.each("item", &mut |item| {
            let resource = format!(
                "{}/{}",
                item.value("resourceType"),
                item.value("resourceId")
            );
            let tag = (item.value("key").to_owned(), item.value("value").to_owned());
            all.push((self.arn("ec2", &resource), vec![tag]));
        });
        Ok(all)
    }

    async fn databases(&self) -> Result<Vec<(String, Vec<Tag>)>, Refusal> {
        let mut all = Vec::new();
        for (action, element) in [
            ("DescribeDBInstances", "DBInstance"),
            ("DescribeDBClusters", "DBCluster"),
        ] {
            let form = [("Action", action), ("Version", "2014-10-31")];
            let mut told = self.form("rds", &form).await?;
            told.each(element, &mut |one| {
                let arn = one.value(&format!("{element}Arn")).to_owned();
                let mut tags = Vec::new();
                one.each("Tag", &mut |tag| {
                    tags.push((tag.value("Key").to_owned(), tag.value("Value").to_owned()));
                });
                all.push((arn, tags));
            });
        }
        all.retain(|(arn, _)| !arn.is_empty());
        Ok(all)
    }

    async fn secrets(&self) -> Result<Vec<(String, Vec<Tag>)>, Refusal> {
        let ask = self.json("secretsmanager", "secretsmanager.ListSecrets", json!({}));
        let told = ask.await?;
        let all = told["SecretList"].as_array().into_iter().flatten();
        Ok(all
            .map(|one| (text(&one["ARN"]), tags(&one["Tags"])))
            .collect())
    }

    async fn log_groups(&self) -> Result<Vec<(String, Vec<Tag>)>, Refusal> {
        let ask = self.json("logs", "Logs_20140328.DescribeLogGroups", json!({}));
        let told = ask.await?;
        let mut all = Vec::new();
        for group in told["logGroups"].as_array().into_iter().flatten() {
            let name = text(&group["logGroupName"]);
            let arn = self.arn("logs", &format!("log-group:{name}"));
            let ask = json!({ "resourceArn": arn });
            let told = self
                .json("logs", "Logs_20140328.ListTagsForResource", ask)
                .await?;
            let tags = told["tags"].as_object().into_iter().flatten();
            let tags = tags.map(|(key, value)| (key.clone(), text(value)));
            all.push((arn, tags.collect()));
        }
        Ok(all)
    }

    async fn names(&self) -> Result<Vec<(String, Vec<Tag>)>, Refusal> {
        let mut all = Vec::new();
        for (action, list) in [
            ("ListNamespaces", "Namespaces"),
            ("ListServices", "Services"),
        ] {
            let told = self.name(action, json!({})).await?;
            for one in told[list].as_array().into_iter().flatten() {
                let arn = text(&one["Arn"]);
                let ask = json!({ "ResourceARN": arn });
                let told = self.name("ListTagsForResource", ask).await?;
                all.push((arn, tags(&told["Tags"])));
            }
        }
        Ok(all)
    }

    async fn name(&self, action: &str, body: Value) -> Result<Value, Refusal> {
        let target = format!("Route53AutoNaming_v20170314.{action}");
        self.json("servicediscovery", &target, body).await
    }

    async fn json(&self, service: &str, target: &str, body: Value) -> Result<Value, Refusal> {
        let kind = "application/x-amz-json-1.1";
        let answer = self.ask(service, kind, Some(target), body.to_string());
        // What it has nothing of, it may refuse to list.
        Ok(serde_json::from_slice(&answer.await?.body).unwrap_or_default())
    }

    async fn form(&self, service: &str, pairs: &[(&str, &str)]) -> Result<Element, Refusal> {
        let kind = "application/x-www-form-urlencoded";
        let answer = self.ask(service, kind, None, Form::of(pairs).encode());
        answer.await?.tree()
    }

    async fn ask(
        &self,
        service: &str,
        kind: &str,
        target: Option<&str>,
        body: String,
    ) -> Result<Answer, Refusal> {
        let scope = &self.call.scope;
        // The emulators tell services apart by what is signed for, and check no signature.
        let signed = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/{}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            scope.access_key, scope.region
        );
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        for (name, value) in [
            (AUTHORIZATION, Some(signed.as_str())),
            (CONTENT_TYPE, Some(kind)),
            (HeaderName::from_static("x-amz-target"), target),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        if let Some(host) = self.call.parts.headers.get(HOST) {
            headers.insert(HOST, host.clone());
        }
        self.rehearsal.backend.exchange(service, request).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn tags(list: &Value) -> Vec<Tag> {
    let list = list.as_array().into_iter().flatten();
    list.map(|tag| (text(&tag["Key"]), text(&tag["Value"])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_wants_its_key_and_one_of_its_values() {
        let asked = json!({ "TagFilters": [{ "Key": "lab", "Values": ["mine"] }] });
        let tag = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        assert!(wants(&asked, &tag("lab", "mine")));
        assert!(!wants(&asked, &tag("lab", "other")));
        assert!(!wants(&asked, &tag("owner", "mine")) && !wants(&asked, &[]));
        let any = json!({ "TagFilters": [{ "Key": "lab" }] });
        assert!(wants(&any, &tag("lab", "other")));
    }
}
