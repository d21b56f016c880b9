//! Whether an account has room for a lab: what is allowed, what is used, what is needed.

mod need;
mod used;

use serde::Serialize;

use super::connected::Account;
use super::error::AccountError;
use crate::terraform::Cause;

pub use need::Need;

/// A limit of an account in a region that a lab may run into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// VPCs.
    Vpcs,
    /// Brokers of MSK.
    KafkaBrokers,
    /// Instances of RDS, Aurora's among them.
    Databases,
    /// Nodes of ElastiCache.
    CacheNodes,
    /// Processors of tasks on Fargate.
    FargateVcpus,
}

impl Limit {
    /// Service and quota in Service Quotas; the codes are the same in every region.
    pub fn code(self) -> (&'static str, &'static str) {
        match self {
            Self::Vpcs => ("vpc", "L-F678F1CE"),
            Self::KafkaBrokers => ("kafka", "L-EDD31C36"),
            Self::Databases => ("rds", "L-7B6409FD"),
            Self::CacheNodes => ("elasticache", "L-DFE45DF3"),
            Self::FargateVcpus => ("fargate", "L-3032A538"),
        }
    }

    /// What it limits, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vpcs => "VPCs",
            Self::KafkaBrokers => "MSK brokers",
            Self::Databases => "RDS instances",
            Self::CacheNodes => "ElastiCache nodes",
            Self::FargateVcpus => "vCPUs on Fargate",
        }
    }
}

/// A limit, and how far away it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Headroom {
    /// The limit.
    pub limit: Limit,
    /// How many are needed.
    pub needed: f64,
    /// How many the account may have.
    pub allowed: Option<f64>,
    /// How many it has.
    pub used: Option<f64>,
    /// What follows.
    pub room: Room,
}

/// Whether there is room.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    /// There is.
    Enough,
    /// There is not.
    Short,
    /// It cannot be told.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Headroom {
    fn of(need: Need, allowed: Result<f64, String>, used: Result<f64, String>) -> Self {
        let room = match (&allowed, &used) {
            // Even an empty account could not hold it.
            (Ok(allowed), _) if need.count > *allowed => Room::Short,
            (Ok(allowed), Ok(used)) if used + need.count > *allowed => Room::Short,
            (Ok(_), Ok(_)) => Room::Enough,
            (Err(why), _) | (_, Err(why)) => Room::Unknown { why: why.clone() },
        };
        Self {
            limit: need.limit,
            needed: need.count,
            allowed: allowed.ok(),
            used: used.ok(),
            room,
        }
    }

    /// What to type when there is no room.
    pub fn hint(&self) -> Option<String> {
        let (service, code) = self.limit.code();
        let wanted = self.used.unwrap_or_default() + self.needed;
        (self.room == Room::Short).then(|| {
            format!(
                "remove {} that are not used, or ask for more: aws service-quotas \
                 request-service-quota-increase --service-code {service} --quota-code {code} \
                 --desired-value {}",
                self.limit.name(),
                wanted.ceil()
            )
        })
    }
}

impl Account {
    /// Holds what is needed against what the account may have and has. What cannot be read is
    /// [`Room::Unknown`], with the reason.
    ///
    /// # Errors
    /// When the credentials do not hold; every other failure is a reason.
    pub async fn quotas(&self, needs: &[Need]) -> Result<Vec<Headroom>, AccountError> {
        let mut all = Vec::new();
        for &need in needs {
            let allowed = or_why(self.allowed(need.limit).await)?;
            let used = or_why(self.used(need.limit).await)?;
            let unknown = || format!("this build does not count {}", need.limit.name());
            let used = used.and_then(|used| used.ok_or_else(unknown));
            all.push(Headroom::of(need, allowed, used));
        }
        Ok(all)
    }

    /// What the account may have; AWS's default where nobody ever asked for more.
    async fn allowed(&self, limit: Limit) -> Result<f64, AccountError> {
        let (service, code) = limit.code();
        let lacks = |action| AccountError::Incomplete {
            action,
            what: "a value",
        };
        let quotas = &self.clients().quotas;
        let ask = quotas.get_service_quota().service_code(service);
        let applied = ask.quota_code(code).send().await;
        match applied.map_err(self.failed("Service Quotas", "GetServiceQuota")) {
            Ok(answer) => {
                let value = answer.quota().and_then(|quota| quota.value());
                value.ok_or_else(|| lacks("servicequotas:GetServiceQuota"))
            }
            Err(error) if error.is(&["NoSuchResourceException"]) => {
                let ask = quotas.get_aws_default_service_quota();
                let ask = ask.service_code(service).quota_code(code).send().await;
                let answer =
                    ask.map_err(self.failed("Service Quotas", "GetAWSDefaultServiceQuota"))?;
                let value = answer.quota().and_then(|quota| quota.value());
                value.ok_or_else(|| lacks("servicequotas:GetAWSDefaultServiceQuota"))
            }
            Err(error) => Err(error),
        }
    }
}

/// A failure as a reason, unless it would be the same for every other question.
fn or_why<T>(result: Result<T, AccountError>) -> Result<Result<T, String>, AccountError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) if matches!(error.cause(), Some(Cause::Credentials(_))) => Err(error),
        Err(error) => Ok(Err(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(needed: f64, allowed: Result<f64, String>, used: Result<f64, String>) -> Room {
        let need = Need {
            limit: Limit::KafkaBrokers,
            count: needed,
        };
        Headroom::of(need, allowed, used).room
    }

    #[test]
    fn what_cannot_be_read_is_not_fine() {
        let why = || Err("denied".to_owned());
        let unknown = Room::Unknown {
            why: "denied".to_owned(),
        };
        assert_eq!(room(3.0, why(), Ok(0.0)), unknown);
        assert_eq!(room(3.0, Ok(90.0), why()), unknown);
        assert_eq!(room(3.0, Ok(2.0), why()), Room::Short);
    }

    #[test]
    fn the_last_free_place_is_enough_and_one_more_is_not() {
        assert_eq!(room(3.0, Ok(90.0), Ok(87.0)), Room::Enough);
        assert_eq!(room(3.0, Ok(90.0), Ok(88.0)), Room::Short);
    }
}
