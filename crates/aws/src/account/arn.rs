//! The parts of an ARN.

use super::connected::Account;

/// Services that are the same in all regions, so that ARNs name none.
const EVERYWHERE: [&str; 2] = ["budgets", "iam"];

/// `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    /// Everything behind the account.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let resource = parts.nth(2)?;
        (arn == "arn" && !resource.is_empty()).then_some(Self {
            partition,
            service,
            resource,
        })
    }

    /// Kind and name of the resource: `db:mine` and `key/1` both have one. A bucket or a topic has only a
    /// name.
    pub(super) fn kind_and_name(&self) -> (&'a str, &'a str) {
        match self.resource.split_once([':', '/']) {
            Some((kind, name)) => (kind, name),
            None => ("", self.resource),
        }
    }
}

impl Account {
    /// What the caller's account and region call `resource`.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        let identity = self.identity();
        let (partition, account) = (&identity.partition, &identity.account);
        let region = match EVERYWHERE.contains(&service) || resource.starts_with("dashboard/") {
            true => "",
            false => identity.region.as_str(),
        };
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_name_are_told_apart_whatever_parts_them() {
        let of = |arn| Arn::parse(arn).unwrap().kind_and_name();
        assert_eq!(of("arn:aws:rds:eu-west-1:1:db:rlab-x"), ("db", "rlab-x"));
        assert_eq!(of("arn:aws:kms:eu-west-1:1:key/2"), ("key", "2"));
        assert_eq!(of("arn:aws:s3:::bucket"), ("", "bucket"));
        assert_eq!(
            of("arn:aws:logs:eu-west-1:1:log-group:/rlab/x"),
            ("log-group", "/rlab/x")
        );
        assert_eq!(Arn::parse("arn:aws:rds"), None);
        assert_eq!(Arn::parse("not:an:arn:at:all:x"), None);
    }
}
