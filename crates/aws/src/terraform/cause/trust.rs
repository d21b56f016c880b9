//! A role that somebody may not assume: two policies have to agree, and one of them is the role's own.

use serde_json::{Value, json};

/// What the role's trust policy, and the policies of who asks, have to say. `action` is the call that was
/// refused, `role` and `by` are ARNs where AWS told them.
pub(super) fn hint(action: &str, role: Option<&str>, by: Option<&str>) -> String {
    let named = role.unwrap_or("the role");
    let trust = trust(action, by);
    let own = match (action, by) {
        ("sts:AssumeRole", Some(by)) => format!(", and a policy of {by} {}", own(action, role)),
        ("sts:AssumeRole", None) => format!(", and a policy of who asks {}", own(action, role)),
        // A token's bearer has no policies.
        _ => String::new(),
    };
    let look = role
        .and_then(|arn| arn.rsplit('/').next())
        .map(|name| format!(": aws iam get-role --role-name {name}"))
        .unwrap_or_default();
    format!(
        "the trust policy of {named} has to say {trust}, with an external id if it asks for one{own}; \
         AWS answers the same when there is no such role{look}"
    )
}

fn trust(action: &str, by: Option<&str>) -> Value {
    let principal = match action {
        "sts:AssumeRole" => {
            json!({ "AWS": by.map_or_else(|| "ARN of who asks".to_owned(), principal) })
        }
        _ => json!({ "Federated": "ARN of the token's identity provider" }),
    };
    json!({ "Effect": "Allow", "Principal": principal, "Action": action })
}

fn own(action: &str, role: Option<&str>) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": role.unwrap_or("ARN of the role") })
}

/// Who is to be trusted so that `caller` is: a session is gone tomorrow, its role is not.
fn principal(caller: &str) -> String {
    let parts: Vec<&str> = caller.splitn(6, ':').collect();
    let [_, partition, "sts", _, account, resource] = parts.as_slice() else {
        return caller.to_owned();
    };
    match resource.split('/').collect::<Vec<_>>().as_slice() {
        // The path of such a role is not told, so that its account is trusted, which hands it on.
        ["assumed-role", role, _] if role.starts_with("AWSReservedSSO_") => {
            format!("arn:{partition}:iam::{account}:root")
        }
        ["assumed-role", role, _] => format!("arn:{partition}:iam::{account}:role/{role}"),
        _ => caller.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/lab";

    #[test]
    fn a_role_is_trusted_rather_than_its_session() {
        let session = "arn:aws:sts::1:assumed-role/ci/run-7";
        assert_eq!(principal(session), "arn:aws:iam::1:role/ci");
        let people = "arn:aws-cn:sts::1:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann";
        assert_eq!(principal(people), "arn:aws-cn:iam::1:root");
        let user = "arn:aws:iam::1:user/team/ann";
        assert_eq!(principal(user), user);
    }

    #[test]
    fn a_token_is_trusted_by_its_provider_and_has_no_policy() {
        let told = hint("sts:AssumeRoleWithWebIdentity", Some(ROLE), None);
        assert!(told.contains("Federated"), "{told}");
        assert!(!told.contains("a policy of"), "{told}");
        assert!(told.ends_with("aws iam get-role --role-name lab"), "{told}");
    }
}
