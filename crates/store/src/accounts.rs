//! MySQL users of the lab, and what each may do. Least privilege: agents get table rights, one
//! namespace at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use sqlx::Executor;
use sqlx::mysql::MySqlConnection;

use crate::StoreError;

/// The user of the lab itself: namespaces, grants, snapshots, server status.
pub const ADMIN: &str = "rlab_admin";
/// Host part of every user of a local lab: connections come from the loopback block of a zone's proxy.
pub const HOST: &str = "127.%";
/// Host part of every user in a VPC, whose security groups say who comes near.
pub const ANYWHERE: &str = "%";

/// Every right of an agent, a statement a line, as the permission model generates them: `{schema}` is a
/// namespace's, `{host}` where users come from.
const GRANTS: &str = include_str!("../../../iam/generated/mysql-grants.sql");

/// What stands for a namespace's schema.
const SCHEMA: &str = "{schema}";

/// Grants of rights on the namespace `database`, to users from `host`.
pub(crate) fn grants_on(database: &str, host: &str) -> impl Iterator<Item = String> {
    let of_namespaces = GRANTS.lines().filter(|line| line.contains(SCHEMA));
    of_namespaces.map(move |line| line.replace(SCHEMA, database).replace("{host}", host))
}

/// What takes back the rights on `database`, whoever has them.
pub(crate) fn revokes_on(database: &str) -> impl Iterator<Item = String> {
    grants_on(database, HOST).filter_map(|grant| {
        let (rights, account) = grant.strip_prefix("GRANT ")?.split_once(" TO ")?;
        let account = account.trim_end_matches(';');
        Some(format!(
            "REVOKE IF EXISTS {rights} FROM {account} IGNORE UNKNOWN USER"
        ))
    })
}

/// Grants of rights that are no namespace's, to one of `users` from `host`.
fn standing_grants<'a>(
    users: &'a BTreeSet<&str>,
    host: &'a str,
) -> impl Iterator<Item = String> + 'a {
    let standing = GRANTS.lines().filter(|line| !line.contains(SCHEMA));
    let standing = standing.map(move |line| line.replace("{host}", host));
    standing.filter(move |line| {
        let mut users = users.iter();
        users.any(|user| line.contains(&account_at(user, host)))
    })
}

/// Lets each of `users` in by a token of IAM over TLS, and gives them what rights they have beside those on
/// namespaces. For RDS and Aurora, as the owner of the server; safe to repeat.
///
/// # Errors
/// Why the server refused.
pub async fn make_for_iam(owner: &mut MySqlConnection, users: &[&str]) -> Result<(), StoreError> {
    for statement in iam_statements(users) {
        owner.execute(statement.as_str()).await?;
    }
    Ok(())
}

fn iam_statements(users: &[&str]) -> Vec<String> {
    let mut statements = Vec::new();
    for user in users {
        let account = account_at(user, ANYWHERE);
        statements.push(format!(
            "CREATE USER IF NOT EXISTS {account} IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS'"
        ));
        statements.push(format!("ALTER USER {account} REQUIRE SSL"));
    }
    let users = users.iter().copied().collect();
    statements.extend(standing_grants(&users, ANYWHERE));
    statements
}

/// Text of an init file (one statement per line, safe to run at every start) that creates the users
/// named in `passwords` (user → password) and gives them what rights they have beside those on namespaces.
pub fn bootstrap_statements(passwords: &BTreeMap<String, String>) -> String {
    // Accounts belong to the server, not to its replicas.
    let mut text = String::from("SET sql_log_bin=0;\n");
    for (user, password) in passwords {
        let account = account(user);
        let secret = quoted(password);
        let _ = writeln!(
            text,
            "CREATE USER IF NOT EXISTS {account} IDENTIFIED BY {secret};"
        );
        let _ = writeln!(text, "ALTER USER {account} IDENTIFIED BY {secret};");
    }
    if passwords.contains_key(ADMIN) {
        let admin = account(ADMIN);
        let _ = writeln!(
            text,
            "GRANT ALL ON `rlab\\_%`.* TO {admin} WITH GRANT OPTION;"
        );
        let _ = writeln!(text, "GRANT PROCESS, REPLICATION CLIENT ON *.* TO {admin};");
        let _ = writeln!(text, "GRANT SELECT ON performance_schema.* TO {admin};");
    }
    let users = passwords.keys().map(String::as_str).collect();
    for grant in standing_grants(&users, HOST) {
        let _ = writeln!(text, "{grant}");
    }
    text
}

/// `'user'@'127.%'`, quoted.
pub(crate) fn account(user: &str) -> String {
    account_at(user, HOST)
}

fn account_at(user: &str, host: &str) -> String {
    format!("{}@{}", quoted(user), quoted(host))
}

/// A string literal on one line: an init file is read line by line.
fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('\'');
    for c in text.chars() {
        match c {
            '\'' => literal.push_str("''"),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\0' => literal.push_str("\\0"),
            other => literal.push(other),
        }
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(user: &str, password: &str) -> String {
        bootstrap_statements(&BTreeMap::from([(user.to_owned(), password.to_owned())]))
    }

    #[test]
    fn every_statement_stands_on_one_line_whatever_the_password() {
        let text = text("query_service", "a'b\\c\nd\re\0f");
        assert!(
            text.contains(r"IDENTIFIED BY 'a''b\\c\nd\re\0f';"),
            "{text}"
        );
        assert!(text.lines().all(|l| l.ends_with(';')), "{text}");
    }

    #[test]
    fn a_second_run_changes_the_password_instead_of_failing() {
        let text = text("query_service", "x");
        assert!(text.contains("CREATE USER IF NOT EXISTS 'query_service'@'127.%'"));
        assert!(text.contains("ALTER USER 'query_service'@'127.%'"));
    }

    #[test]
    fn each_grant_of_the_model_is_given_in_a_namespace_and_taken_back_with_it_or_stands_for_all() {
        let given: Vec<String> = grants_on("rlab_x", HOST).collect();
        let taken: Vec<String> = revokes_on("rlab_x").collect();
        let everybody = GRANTS.lines().filter_map(|line| line.split('\'').nth(1));
        let everybody: BTreeSet<&str> = everybody.collect();
        let standing = standing_grants(&everybody, HOST).count();
        assert_eq!(given.len() + standing, GRANTS.lines().count());
        assert_eq!(taken.len(), given.len());
        let relay =
            "SELECT, UPDATE (parked_at, parked_reason, settled_at) ON `rlab_x`.`outbox_event`";
        assert!(given.contains(&format!("GRANT {relay} TO 'outbox_relay'@'127.%';")));
        let back =
            format!("REVOKE IF EXISTS {relay} FROM 'outbox_relay'@'127.%' IGNORE UNKNOWN USER");
        assert!(taken.contains(&back), "{taken:#?}");
        let all = given.iter().chain(&taken);
        assert!(all.clone().all(|line| !line.contains(['{', '}'])));
    }

    #[test]
    fn a_right_on_all_namespaces_is_given_to_its_user_and_to_nobody_who_is_not_there() {
        let runner = text("rlab_runner", "x");
        assert!(runner.contains(r"ON `rlab\_%`.* TO 'rlab_runner'@'127.%' WITH GRANT OPTION;"));
        assert!(!text("query_service", "x").contains("rlab_runner"));
    }

    #[test]
    fn in_a_vpc_users_come_by_token_over_tls_from_wherever_and_with_the_same_rights() {
        let all = iam_statements(&["rlab_runner", "query_service"]);
        assert!(all[0].contains("'rlab_runner'@'%' IDENTIFIED WITH AWSAuthenticationPlugin"));
        let tls = |user: &str| all.contains(&format!("ALTER USER '{user}'@'%' REQUIRE SSL"));
        assert!(tls("rlab_runner") && tls("query_service"));
        let grants: Vec<_> = all.iter().filter(|s| s.starts_with("GRANT")).collect();
        assert_eq!(grants.len(), 1, "{grants:?}");
        assert!(grants[0].contains("'rlab_runner'@'%' WITH GRANT OPTION"));
        let mut in_namespace = grants_on("rlab_x", ANYWHERE);
        assert!(in_namespace.all(|grant| grant.contains("@'%'")));
    }

    #[test]
    fn agents_have_no_rights_but_in_namespaces() {
        assert!(!text("command_service", "x").contains("GRANT"));
        let admin = text(ADMIN, "x");
        assert!(
            admin.contains(r"GRANT ALL ON `rlab\_%`.* TO 'rlab_admin'@'127.%' WITH GRANT OPTION;")
        );
        assert!(!admin.contains("ALL ON *.*"));
    }
}
