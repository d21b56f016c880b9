//! Who asks: the caller's account, region and kind.

use jiff::Timestamp;
use serde::Serialize;

use super::arn::Arn;
use super::error::AccountError;

/// Whose the credentials are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Account id.
    pub account: String,
    /// ARN of the caller.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The region that is asked.
    pub region: String,
    /// What the caller is.
    pub kind: Kind,
    /// Until when the credentials hold; `None` when they do not tell.
    pub expires_at: Option<Timestamp>,
}

/// What a caller is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The account itself.
    Root,
    /// A user of IAM.
    User {
        /// Its name.
        name: String,
    },
    /// Somebody in a role.
    AssumedRole {
        /// The role.
        role: String,
        /// The session's name.
        session: String,
    },
    /// Somebody who logged in by IAM Identity Center.
    Sso {
        /// The permission set.
        permission_set: String,
        /// The session's name, as a rule the user's.
        session: String,
    },
    /// Somebody with a federation token.
    Federated {
        /// The name it was given.
        name: String,
    },
    /// Something else.
    Other,
}

/// How IAM Identity Center calls the roles that it makes.
const SSO_ROLE: &str = "AWSReservedSSO_";

impl Identity {
    pub(super) fn read(
        account: Option<&str>,
        arn: Option<&str>,
        region: String,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, AccountError> {
        let lacks = |what| AccountError::Incomplete {
            action: "sts:GetCallerIdentity",
            what,
        };
        let text = arn.ok_or_else(|| lacks("an ARN"))?;
        let arn = Arn::parse(text).ok_or_else(|| lacks("a readable ARN"))?;
        Ok(Self {
            account: account.ok_or_else(|| lacks("an account"))?.to_owned(),
            arn: text.to_owned(),
            partition: arn.partition.to_owned(),
            region,
            kind: Kind::of(&arn),
            expires_at,
        })
    }
}

impl Kind {
    fn of(arn: &Arn<'_>) -> Self {
        let parts: Vec<&str> = arn.resource.split('/').collect();
        match parts.as_slice() {
            ["root"] => Self::Root,
            // A user may have a path.
            ["user", .., name] => Self::User {
                name: (*name).to_owned(),
            },
            ["assumed-role", role, session] => Self::in_role(role, (*session).to_owned()),
            ["federated-user", name] => Self::Federated {
                name: (*name).to_owned(),
            },
            _ => Self::Other,
        }
    }

    fn in_role(role: &str, session: String) -> Self {
        // AWSReservedSSO_<permission set>_<16 hexadecimal digits>
        let set = role.strip_prefix(SSO_ROLE);
        match set.and_then(|set| set.rsplit_once('_')) {
            Some((set, _)) => Self::Sso {
                permission_set: set.to_owned(),
                session,
            },
            None => Self::AssumedRole {
                role: role.to_owned(),
                session,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(arn: &str) -> Kind {
        Identity::read(Some("1"), Some(arn), "eu-west-1".into(), None)
            .unwrap()
            .kind
    }

    #[test]
    fn every_kind_of_caller_is_told_from_its_arn() {
        let user = kind("arn:aws:iam::1:user/team/ops/ann");
        assert_eq!(user, Kind::User { name: "ann".into() });
        let role = kind("arn:aws:sts::1:assumed-role/rlab-runner/task-1");
        let (role_name, session) = ("rlab-runner".to_owned(), "task-1".to_owned());
        assert_eq!(
            role,
            Kind::AssumedRole {
                role: role_name,
                session
            }
        );
        let sso =
            kind("arn:aws-cn:sts::1:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/ann@x");
        let (permission_set, session) = ("Power_User".to_owned(), "ann@x".to_owned());
        assert_eq!(
            sso,
            Kind::Sso {
                permission_set,
                session
            }
        );
        let federated = kind("arn:aws:sts::1:federated-user/bob");
        assert_eq!(federated, Kind::Federated { name: "bob".into() });
        assert_eq!(kind("arn:aws:iam::1:root"), Kind::Root);
        assert_eq!(kind("arn:aws:iam::1:unheard/of"), Kind::Other);
    }

    #[test]
    fn an_answer_without_an_arn_is_no_identity() {
        let region = || "eu-west-1".to_owned();
        assert!(Identity::read(Some("1"), None, region(), None).is_err());
        assert!(Identity::read(Some("1"), Some("nonsense"), region(), None).is_err());
        assert!(Identity::read(None, Some("arn:aws:iam::1:root"), region(), None).is_err());
    }
}
