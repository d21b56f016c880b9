//! Networks and machines: how EC2 is asked about each kind, and asked to let it go.

use super::connected::Account;
use super::error::AccountError;
use super::plain::{Service, Told};
use super::still_there::State;

/// How one kind of EC2's is spoken of.
#[derive(Debug)]
struct Kind {
    /// What ARNs call it.
    name: &'static str,
    describe: &'static str,
    /// What requests call its id, and answers (which begin with a small letter).
    id: (&'static str, &'static str),
    /// Where an answer has its state.
    status: Option<&'static str>,
    delete: &'static str,
}

const fn kind(
    name: &'static str,
    describe: &'static str,
    id: (&'static str, &'static str),
    status: Option<&'static str>,
    delete: &'static str,
) -> Kind {
    Kind {
        name,
        describe,
        id,
        status,
        delete,
    }
}

const KINDS: &[Kind] = &[
    kind(
        "instance",
        "DescribeInstances",
        ("InstanceId", "instanceId"),
        Some("name"),
        "TerminateInstances",
    ),
    kind(
        "natgateway",
        "DescribeNatGateways",
        ("NatGatewayId", "natGatewayId"),
        Some("state"),
        "DeleteNatGateway",
    ),
    kind(
        "elastic-ip",
        "DescribeAddresses",
        ("AllocationId", "allocationId"),
        None,
        "ReleaseAddress",
    ),
    kind(
        "volume",
        "DescribeVolumes",
        ("VolumeId", "volumeId"),
        Some("status"),
        "DeleteVolume",
    ),
    kind(
        "vpc-endpoint",
        "DescribeVpcEndpoints",
        ("VpcEndpointId", "vpcEndpointId"),
        Some("state"),
        "DeleteVpcEndpoints",
    ),
    kind(
        "network-interface",
        "DescribeNetworkInterfaces",
        ("NetworkInterfaceId", "networkInterfaceId"),
        Some("status"),
        "DeleteNetworkInterface",
    ),
    kind(
        RULE,
        "DescribeSecurityGroupRules",
        ("SecurityGroupRuleId", "securityGroupRuleId"),
        None,
        "RevokeSecurityGroupIngress",
    ),
    kind(
        "security-group",
        "DescribeSecurityGroups",
        ("GroupId", "groupId"),
        None,
        "DeleteSecurityGroup",
    ),
    kind(
        "route-table",
        "DescribeRouteTables",
        ("RouteTableId", "routeTableId"),
        None,
        "DeleteRouteTable",
    ),
    kind(
        "subnet",
        "DescribeSubnets",
        ("SubnetId", "subnetId"),
        Some("state"),
        "DeleteSubnet",
    ),
    kind(
        "internet-gateway",
        "DescribeInternetGateways",
        ("InternetGatewayId", "internetGatewayId"),
        None,
        "DeleteInternetGateway",
    ),
    kind(
        "vpc",
        "DescribeVpcs",
        ("VpcId", "vpcId"),
        Some("state"),
        "DeleteVpc",
    ),
];

/// A rule of a security group.
const RULE: &str = "security-group-rule";
/// Calls that take several ids, and so number them.
const SEVERAL: [&str; 2] = ["TerminateInstances", "DeleteVpcEndpoints"];
/// States of what EC2 goes on telling of for a while.
const GONE: [&str; 2] = ["terminated", "deleted"];

impl Account {
    /// What has become of `id`; `None` for kinds that are not known here.
    pub(super) async fn network(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<State>, AccountError> {
        let Some(kind) = KINDS.iter().find(|known| known.name == kind) else {
            return Ok(None);
        };
        let told = self.describe(kind, id).await?;
        if !told.has(kind.id.1, id) {
            return Ok(Some(State::Gone));
        }
        let status = kind.status.and_then(|element| told.first(element));
        Ok(Some(match &status {
            Some(status) if GONE.contains(&status.as_str()) => State::Gone,
            _ => State::There { status },
        }))
    }

    /// Asks for the end of `id`, and of what is only a part of it.
    pub(super) async fn delete_network(&self, kind: &str, id: &str) -> Result<(), AccountError> {
        let Some(kind) = KINDS.iter().find(|known| known.name == kind) else {
            return Ok(());
        };
        match kind.name {
            RULE => return self.revoke_rule(kind, id).await,
            "security-group" => self.empty_group(id).await?,
            "route-table" => self.leave_table(kind, id).await?,
            "internet-gateway" => self.detach(kind, id).await?,
            _ => {}
        }
        let numbered = format!("{}.1", kind.id.0);
        let name = match SEVERAL.contains(&kind.delete) {
            true => numbered.as_str(),
            false => kind.id.0,
        };
        self.ec2(kind.delete, &[(name, id)]).await.map(drop)
    }

    async fn ec2(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Told, AccountError> {
        self.query(Service::Ec2, action, parameters).await
    }

    async fn describe(&self, kind: &Kind, id: &str) -> Result<Told, AccountError> {
        self.ec2(kind.describe, &[(&format!("{}.1", kind.id.0), id)])
            .await
    }

    /// Groups name each other in their rules, and none of them could go before the other.
    async fn empty_group(&self, id: &str) -> Result<(), AccountError> {
        let of_group = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", id)];
        let told = self.ec2("DescribeSecurityGroupRules", &of_group).await?;
        let rules = told.all("securityGroupRuleId").into_iter();
        for (rule, egress) in rules.zip(told.all("isEgress")) {
            self.revoke(id, &rule, egress == "true").await?;
        }
        Ok(())
    }

    async fn revoke_rule(&self, kind: &Kind, rule: &str) -> Result<(), AccountError> {
        let told = self.describe(kind, rule).await?;
        match told.first("groupId") {
            Some(group) => {
                self.revoke(&group, rule, told.has("isEgress", "true"))
                    .await
            }
            None => Ok(()),
        }
    }

    async fn revoke(&self, group: &str, rule: &str, egress: bool) -> Result<(), AccountError> {
        let action = match egress {
            true => "RevokeSecurityGroupEgress",
            false => "RevokeSecurityGroupIngress",
        };
        let which = [("GroupId", group), ("SecurityGroupRuleId.1", rule)];
        self.ec2(action, &which).await.map(drop)
    }

    async fn leave_table(&self, kind: &Kind, id: &str) -> Result<(), AccountError> {
        let told = self.describe(kind, id).await?;
        let of_subnets = told.all("routeTableAssociationId").into_iter();
        for (association, main) in of_subnets.zip(told.all("main")) {
            if main != "true" {
                self.ec2("DisassociateRouteTable", &[("AssociationId", &association)])
                    .await?;
            }
        }
        Ok(())
    }

    async fn detach(&self, kind: &Kind, id: &str) -> Result<(), AccountError> {
        let told = self.describe(kind, id).await?;
        for vpc in told.all("vpcId") {
            let which = [("InternetGatewayId", id), ("VpcId", vpc.as_str())];
            self.ec2("DetachInternetGateway", &which).await?;
        }
        Ok(())
    }
}
