//! The parameters of an awsQuery request.

use std::collections::BTreeMap;

use crate::protocol::refusal::Refusal;

/// Form parameters by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A form for a question of our own to a backend.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(pairs.iter().map(own).collect())
    }

    /// A parameter that is there and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// A parameter that the action cannot do without.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            Refusal::sender(
                "MissingParameter",
                format!("The request must contain the parameter {name}."),
            )
        })
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The values of a list, whatever its members are called: `Name.1`, `Name.member.2`, `Name.Item.3`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let prefix = format!("{name}.");
        let mut members: Vec<(u32, &str)> = self
            .0
            .iter()
            .filter_map(|(key, value)| {
                let place = key.strip_prefix(&prefix)?;
                let number = place.split_once('.').map_or(place, |(_, number)| number);
                Some((number.parse().ok()?, value.as_str()))
            })
            .collect();
        members.sort_unstable();
        members.into_iter().map(|(_, value)| value).collect()
    }

    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_list_keeps_the_order_of_its_numbers() {
        let form = Form::parse(b"L.member.10=c&L.member.2=b&L.member.1=a&Lx.member.1=z");
        assert_eq!(form.list("L"), ["a", "b", "c"]);
        let flat = Form::parse(b"G.2=b&G.1=a&G.1.Name=z");
        assert_eq!(flat.list("G"), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn encoding_and_parsing_are_inverse(value in "\\PC{1,40}") {
            let form = Form::of(&[("Action", "X"), ("V", &value)]);
            prop_assert_eq!(Form::parse(form.encode().as_bytes()), form);
        }
    }
}
