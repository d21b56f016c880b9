//! MySQL users of the lab, and what each may do. Least privilege: agents get table rights, one
//! namespace at a time.

use std::collections::BTreeMap;
use std::fmt::Write;

/// The user of the lab itself: namespaces, grants, snapshots, server status.
pub const ADMIN: &str = "rlab_admin";
/// Host part of every user: connections come from the loopback block of a zone's proxy.
pub const HOST: &str = "127.%";

/// Rights of one agent on one table.
pub(crate) struct TableGrant {
    pub user: &'static str,
    pub table: &'static str,
    pub rights: &'static str,
}

const fn grant(user: &'static str, table: &'static str, rights: &'static str) -> TableGrant {
    TableGrant {
        user,
        table,
        rights,
    }
}

/// What the statements in this crate need, and nothing more.
pub(crate) const TABLE_GRANTS: [TableGrant; 11] = [
    grant("command_service", "item", "SELECT, INSERT, UPDATE"),
    grant("command_service", "command", "SELECT, INSERT"),
    grant("command_service", "outbox_event", "INSERT"),
    grant(
        "outbox_relay",
        "outbox_event",
        "SELECT, UPDATE (settled_at, parked_at, parked_reason)",
    ),
    grant("outbox_relay", "relay", "SELECT, INSERT, UPDATE, DELETE"),
    grant("outbox_relay", "relay_lease", "SELECT, UPDATE"),
    grant("consumer_service", "processed_event", "SELECT, INSERT"),
    grant("consumer_service", "read_model", "SELECT, INSERT, UPDATE"),
    grant("consumer_service", "effect_log", "INSERT"),
    grant("consumer_service", "parked_event", "SELECT, INSERT, UPDATE"),
    grant("query_service", "read_model", "SELECT"),
];

/// Text of an init file (one statement per line, safe to run at every start) that creates the users
/// named in `passwords` (user → password) and gives [`ADMIN`] its rights.
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
    text
}

/// `'user'@'127.%'`, quoted.
pub(crate) fn account(user: &str) -> String {
    format!("{}@'{HOST}'", quoted(user))
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
    use std::collections::BTreeSet;

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

    /// Words of a grant, in no order.
    fn words(rights: &str) -> BTreeSet<&str> {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = rights.split(|c| !letters(c));
        words.filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn agents_get_the_rights_that_the_permission_model_generates() {
        let generated = include_str!("../../../iam/generated/mysql-grants.sql");
        let given: BTreeSet<_> = TABLE_GRANTS
            .iter()
            .map(|grant| (grant.user, grant.table, words(grant.rights)))
            .collect();
        let wanted: BTreeSet<_> = generated
            .lines()
            .filter_map(|line| {
                let (rights, rest) = line
                    .strip_prefix("GRANT ")?
                    .split_once(" ON `{schema}`.`")?;
                let (table, rest) = rest.split_once("` TO '")?;
                Some((rest.split_once('\'')?.0, table, words(rights)))
            })
            .collect();
        assert_eq!(given, wanted);
    }

    #[test]
    fn only_the_administrator_gets_global_rights() {
        assert!(!text("command_service", "x").contains("GRANT"));
        let admin = text(ADMIN, "x");
        assert!(
            admin.contains(r"GRANT ALL ON `rlab\_%`.* TO 'rlab_admin'@'127.%' WITH GRANT OPTION;")
        );
        assert!(!admin.contains("ALL ON *.*"));
    }
}
