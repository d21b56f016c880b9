//! Redis users, a line each, as an ACL file has them but for the password. Who has no business there has
//! no user.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::users;
use crate::cell::System;
use crate::model::{Kind, Model, direct};

pub(super) fn text(model: &Model) -> String {
    let mut text = String::new();
    for (agent, user) in users(model) {
        let (mut keys, mut channels, mut commands) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for right in direct(model, agent, System::Redis) {
            commands.extend(right.operation.native.map(|word| format!(" +{word}")));
            let names = right.names.iter();
            match right.operation.kind {
                Kind::RedisKeys => keys.extend(names.map(|name| format!(" ~{name}"))),
                Kind::RedisChannel => channels.extend(names.map(|name| format!(" &{name}"))),
                _ => {}
            }
        }
        if commands.is_empty() {
            continue;
        }
        let all = |parts: BTreeSet<String>| parts.into_iter().collect::<String>();
        let (keys, channels, commands) = (all(keys), all(channels), all(commands));
        let _ = writeln!(
            text,
            "user {user} on resetkeys{keys} resetchannels{channels} -@all{commands}"
        );
    }
    text
}
