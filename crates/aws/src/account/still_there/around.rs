//! What stands around servers and tasks: file systems, experiments, alarms, names, load balancers, roles,
//! dashboards and budgets.

use serde_json::json;

use super::State;
use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::plain::{Service, encoded};

impl Account {
    pub(super) async fn around(
        &self,
        service: &str,
        kind: &str,
        name: &str,
        arn: &str,
    ) -> Result<Option<State>, AccountError> {
        Ok(Some(match (service, kind) {
            ("elasticfilesystem", "file-system") => {
                let path = format!("/file-systems?FileSystemId={}", encoded(name));
                self.files("DescribeFileSystems", &path, "FileSystems")
                    .await?
            }
            ("elasticfilesystem", "access-point") => {
                let path = format!("/access-points?AccessPointId={}", encoded(name));
                self.files("DescribeAccessPoints", &path, "AccessPoints")
                    .await?
            }
            ("fis", "experiment-template") => {
                let path = format!("/experimentTemplates/{}", encoded(name));
                self.rest(Service::Fis, "GetExperimentTemplate", "GET", &path)
                    .await?;
                State::there(None)
            }
            ("cloudwatch", "alarm") => {
                let which = [
                    ("AlarmNames.member.1", name),
                    ("AlarmTypes.member.1", "MetricAlarm"),
                    ("AlarmTypes.member.2", "CompositeAlarm"),
                ];
                let told = self
                    .query(Service::CloudWatch, "DescribeAlarms", &which)
                    .await?;
                State::if_told(told.has("AlarmName", name).then_some(()), |()| None)
            }
            ("cloudwatch", "dashboard") => {
                let which = [("DashboardName", name)];
                self.query(Service::CloudWatch, "GetDashboard", &which)
                    .await?;
                State::there(None)
            }
            ("budgets", "budget") => {
                let which = json!({ "AccountId": self.identity().account, "BudgetName": name });
                self.json(Service::Budgets, "DescribeBudget", which).await?;
                State::there(None)
            }
            ("servicediscovery", "service") => {
                self.json(Service::CloudMap, "GetService", json!({ "Id": name }))
                    .await?;
                State::there(None)
            }
            ("servicediscovery", "namespace") => {
                self.json(Service::CloudMap, "GetNamespace", json!({ "Id": name }))
                    .await?;
                State::there(None)
            }
            ("elasticloadbalancing", "loadbalancer") => {
                let which = [("LoadBalancerArns.member.1", arn)];
                let ask = self.query(Service::LoadBalancing, "DescribeLoadBalancers", &which);
                let told = ask.await?;
                State::if_told(told.has("LoadBalancerArn", arn).then_some(()), |()| None)
            }
            ("elasticloadbalancing", "targetgroup") => {
                let which = [("TargetGroupArns.member.1", arn)];
                let ask = self.query(Service::LoadBalancing, "DescribeTargetGroups", &which);
                let told = ask.await?;
                State::if_told(told.has("TargetGroupArn", arn).then_some(()), |()| None)
            }
            ("iam", "role") => {
                // A role's path is part of its ARN and not of its name.
                let role = name.rsplit('/').next().unwrap_or(name);
                self.query(Service::Iam, "GetRole", &[("RoleName", role)])
                    .await?;
                State::there(None)
            }
            _ => return Ok(None),
        }))
    }

    async fn files(
        &self,
        action: &'static str,
        path: &str,
        list: &str,
    ) -> Result<State, AccountError> {
        let told = self.rest(Service::Efs, action, "GET", path).await?;
        Ok(State::if_told(told[list].get(0), |one| {
            one["LifeCycleState"].as_str()
        }))
    }
}
