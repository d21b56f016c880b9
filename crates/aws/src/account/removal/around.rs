//! The end of what stands around servers and tasks, with what is only a part of it.

use serde_json::json;

use crate::account::connected::Account;
use crate::account::error::AccountError;
use crate::account::plain::{Service, encoded};

impl Account {
    pub(super) async fn delete_around(
        &self,
        service: &str,
        kind: &str,
        name: &str,
        arn: &str,
    ) -> Result<(), AccountError> {
        match (service, kind) {
            ("elasticfilesystem", "file-system") => self.delete_files(name).await,
            ("elasticfilesystem", _) => {
                let path = format!("/access-points/{}", encoded(name));
                let delete = self.rest(Service::Efs, "DeleteAccessPoint", "DELETE", &path);
                delete.await.map(drop)
            }
            ("fis", _) => {
                let path = format!("/experimentTemplates/{}", encoded(name));
                let delete = self.rest(Service::Fis, "DeleteExperimentTemplate", "DELETE", &path);
                delete.await.map(drop)
            }
            ("cloudwatch", "dashboard") => {
                let which = [("DashboardNames.member.1", name)];
                let delete = self.query(Service::CloudWatch, "DeleteDashboards", &which);
                delete.await.map(drop)
            }
            ("budgets", _) => {
                let which = json!({ "AccountId": self.identity().account, "BudgetName": name });
                let delete = self.json(Service::Budgets, "DeleteBudget", which);
                delete.await.map(drop)
            }
            ("cloudwatch", _) => {
                let which = [("AlarmNames.member.1", name)];
                let delete = self.query(Service::CloudWatch, "DeleteAlarms", &which);
                delete.await.map(drop)
            }
            ("servicediscovery", "service") => self.delete_name(name).await,
            ("servicediscovery", _) => {
                let delete = self.json(Service::CloudMap, "DeleteNamespace", json!({ "Id": name }));
                delete.await.map(drop)
            }
            ("elasticloadbalancing", "loadbalancer") => {
                let which = [("LoadBalancerArn", arn)];
                let delete = self.query(Service::LoadBalancing, "DeleteLoadBalancer", &which);
                delete.await.map(drop)
            }
            ("elasticloadbalancing", _) => {
                let which = [("TargetGroupArn", arn)];
                let delete = self.query(Service::LoadBalancing, "DeleteTargetGroup", &which);
                delete.await.map(drop)
            }
            _ => {
                self.delete_role(name.rsplit('/').next().unwrap_or(name))
                    .await
            }
        }
    }

    /// A file system is in use until its doors in the subnets are gone, which takes a while.
    async fn delete_files(&self, id: &str) -> Result<(), AccountError> {
        let path = format!("/mount-targets?FileSystemId={}", encoded(id));
        let told = self.rest(Service::Efs, "DescribeMountTargets", "GET", &path);
        let told = told.await?;
        for target in told["MountTargets"].as_array().into_iter().flatten() {
            if target["LifeCycleState"] == "deleting" {
                continue;
            }
            let id = target["MountTargetId"].as_str().unwrap_or_default();
            let path = format!("/mount-targets/{}", encoded(id));
            self.rest(Service::Efs, "DeleteMountTarget", "DELETE", &path)
                .await?;
        }
        let path = format!("/file-systems/{}", encoded(id));
        let delete = self.rest(Service::Efs, "DeleteFileSystem", "DELETE", &path);
        delete.await.map(drop)
    }

    /// Tasks that died hard leave their addresses behind.
    async fn delete_name(&self, id: &str) -> Result<(), AccountError> {
        let ask = json!({ "ServiceId": id });
        let told = self.json(Service::CloudMap, "ListInstances", ask).await?;
        for instance in told["Instances"].as_array().into_iter().flatten() {
            let which = json!({ "ServiceId": id, "InstanceId": instance["Id"] });
            self.json(Service::CloudMap, "DeregisterInstance", which)
                .await?;
        }
        let delete = self.json(Service::CloudMap, "DeleteService", json!({ "Id": id }));
        delete.await.map(drop)
    }

    async fn delete_role(&self, role: &str) -> Result<(), AccountError> {
        let of_role = [("RoleName", role)];
        let told = self.query(Service::Iam, "ListAttachedRolePolicies", &of_role);
        for policy in told.await?.all("PolicyArn") {
            let which = [("RoleName", role), ("PolicyArn", policy.as_str())];
            self.query(Service::Iam, "DetachRolePolicy", &which).await?;
        }
        let told = self.query(Service::Iam, "ListRolePolicies", &of_role);
        for policy in told.await?.all("member") {
            let which = [("RoleName", role), ("PolicyName", policy.as_str())];
            self.query(Service::Iam, "DeleteRolePolicy", &which).await?;
        }
        self.query(Service::Iam, "DeleteRole", &of_role)
            .await
            .map(drop)
    }
}
