//! The rules of the brokers' authorizer: which there are, add, take away.

use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

use super::{Connection, all_done, no_error, text};

/// "Whatever it is", in every field of a filter that is a number.
const ANY: i8 = 1;

/// A rule as the protocol has it. Its numbers are Kafka's, so that a rule of any kind can be read and
/// taken away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl {
    /// `User:NAME`, or `User:*` for everybody.
    pub principal: String,
    /// Kind of resource.
    pub resource: i8,
    /// Whether the name is the whole one or the begin of many.
    pub pattern: i8,
    /// Name of the resource.
    pub name: String,
    /// Address that the principal comes from, or `*`.
    pub host: String,
    /// What is done to the resource.
    pub operation: i8,
    /// Whether that is allowed or denied.
    pub permission: i8,
}

impl Connection {
    /// Every rule that this broker goes by.
    ///
    /// # Errors
    /// A text saying what went wrong.
    pub async fn acls(&mut self) -> Result<Vec<Acl>, String> {
        let request = DescribeAclsRequest::default()
            .with_resource_type_filter(ANY)
            .with_resource_name_filter(None)
            .with_pattern_type_filter(ANY)
            .with_principal_filter(None)
            .with_host_filter(None)
            .with_operation(ANY)
            .with_permission_type(ANY);
        let answer = self.ask(&request, 3).await?;
        no_error(answer.error_code, "describe ACLs")?;
        let of_resources = answer.resources.iter().flat_map(|resource| {
            resource.acls.iter().map(|acl| Acl {
                principal: acl.principal.to_string(),
                resource: resource.resource_type,
                pattern: resource.pattern_type,
                name: resource.resource_name.to_string(),
                host: acl.host.to_string(),
                operation: acl.operation,
                permission: acl.permission_type,
            })
        });
        Ok(of_resources.collect())
    }

    /// Adds rules; those that there are already stay.
    ///
    /// # Errors
    /// A text naming the rules that were refused.
    pub async fn create_acls(&mut self, acls: &[Acl]) -> Result<(), String> {
        let request =
            CreateAclsRequest::default().with_creations(acls.iter().map(creation).collect());
        let answer = self.ask(&request, 3).await?;
        let results = answer.results.iter().map(|result| result.error_code);
        all_done(named(acls).zip(results), "create ACL")
    }

    /// Takes rules away; those that there are not are passed over.
    ///
    /// # Errors
    /// A text naming the rules that were refused.
    pub async fn delete_acls(&mut self, acls: &[Acl]) -> Result<(), String> {
        let request = DeleteAclsRequest::default().with_filters(acls.iter().map(filter).collect());
        let answer = self.ask(&request, 3).await?;
        let results = answer.filter_results.iter().map(|result| {
            let each = result.matching_acls.iter().map(|acl| acl.error_code);
            each.fold(
                result.error_code,
                |all, one| if all == 0 { one } else { all },
            )
        });
        all_done(named(acls).zip(results), "delete ACL")
    }
}

fn named(acls: &[Acl]) -> impl Iterator<Item = String> {
    acls.iter()
        .map(|acl| format!("{} on {}", acl.principal, acl.name))
}

fn creation(acl: &Acl) -> AclCreation {
    AclCreation::default()
        .with_resource_type(acl.resource)
        .with_resource_name(text(&acl.name))
        .with_resource_pattern_type(acl.pattern)
        .with_principal(text(&acl.principal))
        .with_host(text(&acl.host))
        .with_operation(acl.operation)
        .with_permission_type(acl.permission)
}

fn filter(acl: &Acl) -> DeleteAclsFilter {
    DeleteAclsFilter::default()
        .with_resource_type_filter(acl.resource)
        .with_resource_name_filter(Some(text(&acl.name)))
        .with_pattern_type_filter(acl.pattern)
        .with_principal_filter(Some(text(&acl.principal)))
        .with_host_filter(Some(text(&acl.host)))
        .with_operation(acl.operation)
        .with_permission_type(acl.permission)
}
