//! Which resource waits for which, as `terraform graph` draws it.

use std::collections::{BTreeMap, BTreeSet};

/// Resources by the address in the configuration, and what each needs first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Reads the edges of a drawing in DOT; everything else in it is of no matter.
    pub fn parse(dot: &str) -> Self {
        Self::from_edges(dot.lines().filter_map(|line| {
            let (from, to) = line.trim().trim_end_matches(';').split_once(" -> ")?;
            let name = |quoted: &str| {
                Some(
                    quoted
                        .trim()
                        .strip_prefix('"')?
                        .strip_suffix('"')?
                        .to_owned(),
                )
            };
            Some((name(from)?, name(to)?))
        }))
    }

    /// A graph of edges: the first needs the second.
    pub fn from_edges(edges: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut graph = Self::default();
        for (from, to) in edges {
            graph.needs.entry(from).or_default().insert(to);
        }
        graph
    }

    /// As it is when everything is removed: what was needed goes last.
    pub fn reversed(&self) -> Self {
        let edges = self
            .needs
            .iter()
            .flat_map(|(from, all)| all.iter().map(move |to| (to, from)));
        Self::from_edges(edges.map(|(from, to)| (from.clone(), to.clone())))
    }

    /// What `resource` needs directly.
    pub fn needs(&self, resource: &str) -> impl Iterator<Item = &str> {
        self.needs
            .get(resource)
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The address in the configuration of an instance: without the keys of `count` and `for_each`.
    pub fn configured(address: &str) -> String {
        let mut plain = String::with_capacity(address.len());
        let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
        for c in address.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' if depth > 0 => quoted = !quoted,
                '[' if !quoted => depth += 1,
                ']' if !quoted => depth = depth.saturating_sub(1),
                _ if depth == 0 => plain.push(c),
                _ => {}
            }
        }
        plain
    }
}
