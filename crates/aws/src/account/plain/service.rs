//! The services that are called without a client: what they are called and where they are.

/// A service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// Networks and machines.
    Ec2,
    /// File systems.
    Efs,
    /// Experiments.
    Fis,
    /// Alarms.
    CloudWatch,
    /// Names of tasks.
    CloudMap,
    /// Load balancers.
    LoadBalancing,
    /// Roles. It has one address for all regions of a partition.
    Iam,
    /// Budgets. The same holds for it.
    Budgets,
}

impl Service {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "EC2",
            Self::Efs => "EFS",
            Self::Fis => "FIS",
            Self::CloudWatch => "CloudWatch",
            Self::CloudMap => "ServiceDiscovery",
            Self::LoadBalancing => "Elastic Load Balancing v2",
            Self::Iam => "IAM",
            Self::Budgets => "Budgets",
        }
    }

    /// What signatures and host names call it.
    pub fn signs_as(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Efs => "elasticfilesystem",
            Self::Fis => "fis",
            Self::CloudWatch => "monitoring",
            Self::CloudMap => "servicediscovery",
            Self::LoadBalancing => "elasticloadbalancing",
            Self::Iam => "iam",
            Self::Budgets => "budgets",
        }
    }

    /// Which version of its API is spoken, as its protocol tells it.
    pub fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::Efs => "/2015-02-01",
            Self::Fis => "",
            Self::CloudWatch => "2010-08-01",
            Self::CloudMap => "Route53AutoNaming_v20170314",
            Self::LoadBalancing => "2015-12-01",
            Self::Iam => "2010-05-08",
            Self::Budgets => "AWSBudgetServiceGateway",
        }
    }

    /// Its host and the region that calls are signed for, for a caller in `region`.
    pub fn place(self, partition: &str, region: &str) -> (String, String) {
        let suffix = match partition {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        };
        // docs.aws.amazon.com/general/latest/gr/iam-service.html, 2026-11-21; the two other partitions as
        // AWS's own clients have them.
        match (self, partition) {
            (Self::Iam, "aws-cn") => (format!("iam.cn-north-1.{suffix}"), "cn-north-1".into()),
            (Self::Iam, "aws-us-gov") => (format!("iam.us-gov.{suffix}"), "us-gov-west-1".into()),
            (Self::Iam, _) => (format!("iam.{suffix}"), "us-east-1".into()),
            (Self::Budgets, "aws-cn") => (format!("budgets.{suffix}"), "cn-northwest-1".into()),
            (Self::Budgets, "aws") => (format!("budgets.{suffix}"), "us-east-1".into()),
            _ => (
                format!("{}.{region}.{suffix}", self.signs_as()),
                region.to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_in_its_region_and_iam_in_its_partition() {
        let place = |service: Service, partition| service.place(partition, "eu-west-1");
        let told = |host: &str, region: &str| (host.to_owned(), region.to_owned());
        assert_eq!(
            place(Service::Efs, "aws"),
            told("elasticfilesystem.eu-west-1.amazonaws.com", "eu-west-1")
        );
        assert_eq!(
            place(Service::Iam, "aws"),
            told("iam.amazonaws.com", "us-east-1")
        );
        assert_eq!(
            place(Service::Iam, "aws-cn"),
            told("iam.cn-north-1.amazonaws.com.cn", "cn-north-1")
        );
    }
}
