//! How Redis decides: the rules of a user are read from left to right, and the last word counts.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Kind;
use crate::policy::matches;

/// The users of a server.
pub(super) struct Users(BTreeMap<String, User>);

#[derive(Default)]
struct User {
    on: bool,
    keys: BTreeSet<String>,
    channels: BTreeSet<String>,
    /// Whether all commands are allowed that `commands` does not name.
    everything: bool,
    /// Commands that are an exception from that.
    commands: BTreeSet<String>,
}

impl Users {
    /// Reads one user a line; lines that are none are told by their number.
    pub fn read(text: &str) -> (Self, Vec<(usize, String)>) {
        let (mut users, mut bad) = (BTreeMap::new(), Vec::new());
        for (index, line) in text.lines().enumerate() {
            match user(line) {
                Ok((name, user)) => {
                    users.insert(name, user);
                }
                Err(why) => bad.push((index + 1, why)),
            }
        }
        (Self(users), bad)
    }

    /// Whether `user` may give `command` for the key or channel `name`.
    pub fn allow(&self, user: &str, kind: Kind, name: &str, command: &str) -> bool {
        let Some(user) = self.0.get(user).filter(|user| user.on) else {
            return false;
        };
        let any = |patterns: &BTreeSet<String>| patterns.iter().any(|p| matches(p, name));
        let there = match kind {
            Kind::RedisKeys => any(&user.keys),
            Kind::RedisChannel => any(&user.channels),
            _ => true,
        };
        there && (user.everything != user.commands.contains(command))
    }
}

fn user(line: &str) -> Result<(String, User), String> {
    let mut words = line.split(' ');
    if words.next() != Some("user") {
        return Err("does not begin with `user`".to_owned());
    }
    let name = words
        .next()
        .filter(|name| !name.is_empty())
        .ok_or("names nobody")?;
    let mut user = User::default();
    for rule in words {
        match rule {
            "on" => user.on = true,
            "off" => user.on = false,
            "resetkeys" => user.keys.clear(),
            "allkeys" => {
                user.keys.insert("*".to_owned());
            }
            "resetchannels" => user.channels.clear(),
            "allchannels" => {
                user.channels.insert("*".to_owned());
            }
            "+@all" | "allcommands" => (user.everything, user.commands) = (true, BTreeSet::new()),
            "-@all" | "nocommands" => (user.everything, user.commands) = (false, BTreeSet::new()),
            other => rule_of(&mut user, other)?,
        }
    }
    Ok((name.to_owned(), user))
}

fn rule_of(user: &mut User, rule: &str) -> Result<(), String> {
    let refused = || Err(format!("rule `{rule}` is not understood"));
    let Some(kind) = rule.chars().next() else {
        return refused();
    };
    let rest = rule[kind.len_utf8()..].to_owned();
    match kind {
        '~' => user.keys.insert(rest),
        '&' => user.channels.insert(rest),
        '+' | '-' if rest.is_empty() || rest.starts_with('@') || rest.contains('|') => {
            return refused();
        }
        // A command is an exception exactly when it is not what holds for all others.
        '+' | '-' if (kind == '+') == user.everything => user.commands.remove(&rest),
        '+' | '-' => user.commands.insert(rest),
        _ => return refused(),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rules: &str, command: &str) -> bool {
        let (users, bad) = Users::read(&format!("user u {rules}"));
        assert!(bad.is_empty(), "{bad:?}");
        users.allow("u", Kind::RedisKeys, "a:{b}:floor", command)
    }

    #[test]
    fn the_last_rule_about_a_command_counts() {
        assert!(allows("on ~* +@all", "get"));
        assert!(!allows("on ~* +@all -get", "get"));
        assert!(allows("on ~* +@all -get +get", "get"));
        assert!(!allows("on ~* -@all +get -get", "get"));
        assert!(!allows("on ~* +get -@all", "get"));
        assert!(!allows("off ~* +@all", "get"));
    }

    #[test]
    fn a_key_has_to_fit_one_of_the_patterns() {
        assert!(allows("on resetkeys ~*:{*}:floor -@all +get", "get"));
        assert!(!allows("on resetkeys ~*:{*}:summary -@all +get", "get"));
    }

    #[test]
    fn what_is_not_understood_is_not_passed_over() {
        let (_, bad) = Users::read("user u on +@read\nnobody\nuser u on (~* +get)");
        assert_eq!(
            bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            [1, 2, 3]
        );
    }
}
