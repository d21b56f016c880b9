//! What an emulator has on paper for ECS: definitions, secrets, images, log streams. It runs nothing, and
//! refuses whatever would have it run something.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The digest of the only image that was pushed.
pub const PUSHED: &str = "sha256:0f";
/// The text of the only secret that has one.
pub const SECRET: &str = "{\"brokers\":[]}";

#[derive(Default)]
pub struct Paper {
    services: Mutex<BTreeMap<String, Value>>,
    /// By the stream's name, which must have been made.
    streams: Mutex<BTreeMap<String, Vec<Value>>>,
}

impl Paper {
    /// Answers a call in awsJson, if it is one.
    pub fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Option<Response> {
        let target = headers.get("x-amz-target")?.to_str().ok()?;
        let action = target.rsplit('.').next()?;
        let asked: Value = serde_json::from_slice(body).ok()?;
        Some(match self.told(action, &asked) {
            Ok(told) => told.to_string().into_response(),
            Err(code) => {
                let refusal = json!({ "__type": code, "message": "the emulator's words" });
                (StatusCode::BAD_REQUEST, refusal.to_string()).into_response()
            }
        })
    }

    fn told(&self, action: &str, asked: &Value) -> Result<Value, &'static str> {
        let text = |name: &str| asked[name].as_str().unwrap_or_default();
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        match action {
            "DescribeClusters" => Ok(json!({ "clusters": [
                { "clusterArn": asked["clusters"][0], "status": "ACTIVE" }
            ]})),
            "DescribeTaskDefinition" => {
                let name = text("taskDefinition")
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                Ok(json!({ "taskDefinition": definition(name) }))
            }
            "BatchGetImage" => match asked["imageIds"][0]["imageDigest"] == PUSHED {
                true => Ok(json!({ "images": [{ "imageId": asked["imageIds"][0] }] })),
                false => Ok(json!({ "images": [] })),
            },
            "GetSecretValue" if text("SecretId").ends_with("written") => {
                Ok(json!({ "SecretString": SECRET }))
            }
            "GetSecretValue" => Err("ResourceNotFoundException"),
            "CreateLogStream" if text("logGroupName") != "/lab" => Err("ResourceNotFoundException"),
            "CreateLogStream" => {
                streams.entry(text("logStreamName").to_owned()).or_default();
                Ok(json!({}))
            }
            "PutLogEvents" => {
                let stream = streams.get_mut(text("logStreamName"));
                let stream = stream.ok_or("ResourceNotFoundException")?;
                stream.extend(asked["logEvents"].as_array().cloned().unwrap_or_default());
                Ok(json!({}))
            }
            "GetLogEvents" => Ok(json!({ "events": streams.get(text("logStreamName")) })),
            _ => self.service(action, asked),
        }
    }

    fn service(&self, action: &str, asked: &Value) -> Result<Value, &'static str> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let none_wanted = asked["desiredCount"] == 0 && asked["forceNewDeployment"] != true;
        match action {
            "CreateService" if none_wanted => {
                let name = asked["serviceName"].as_str().unwrap_or_default();
                let arn = format!("arn:aws:ecs:eu-west-1:123456789012:service/lab/{name}");
                let service = json!({ "serviceArn": arn, "serviceName": name, "status": "ACTIVE" });
                services.insert(name.to_owned(), service.clone());
                Ok(json!({ "service": service }))
            }
            "UpdateService" if none_wanted => Ok(json!({ "service": services[named(asked)] })),
            "DeleteService" => Ok(json!({ "service": services[named(asked)] })),
            "DescribeServices" => {
                let all: Vec<&Value> = services.values().collect();
                Ok(json!({ "services": all, "failures": [] }))
            }
            _ => Err("AskedToRun"),
        }
    }
}

fn named(asked: &Value) -> &str {
    asked["service"].as_str().unwrap_or_default()
}

/// `good`, or what its name says is missing.
fn definition(name: &str) -> Value {
    let name = name.split(':').next().unwrap_or_default();
    let digest = match name {
        "no-image" => "sha256:77",
        _ => PUSHED,
    };
    let secret = match name {
        "no-secret" => "empty",
        _ => "written",
    };
    let group = match name {
        "no-group" => "/none",
        _ => "/lab",
    };
    json!({
        "taskDefinitionArn": format!("arn:aws:ecs:eu-west-1:123456789012:task-definition/{name}:1"),
        "family": name,
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [{
            "name": "main",
            "image": format!("123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/main@{digest}"),
            "environment": [{ "name": "PLAIN", "value": "1" }],
            "secrets": [{
                "name": "RLAB_AGENT_CONFIG_JSON",
                "valueFrom": format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{secret}"),
            }],
            "logConfiguration": { "logDriver": "awslogs", "options": {
                "awslogs-group": group,
                "awslogs-region": "eu-west-1",
                "awslogs-stream-prefix": "main",
            }},
        }],
    })
}
