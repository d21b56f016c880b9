//! Calls of services that have no client in this build, because only a few of their calls are needed.
//!
//! They go through the SDK's own runtime: signed, bounded, tried again and in the journal like those of
//! every client.

mod caller;
mod service;

use serde_json::Value;

use super::connected::Account;
use super::error::AccountError;
use super::xml;

pub(super) use caller::Caller;
pub(super) use service::Service;

/// What is sent.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    method: &'static str,
    /// Path and query.
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// An answer in XML, of which only the text of single elements is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told(String);

impl Told {
    /// All of it.
    pub fn document(&self) -> &str {
        &self.0
    }

    /// The texts of all elements called `name`, however deep.
    pub fn all(&self, name: &str) -> Vec<String> {
        xml::texts(&self.0, name)
    }

    /// The text of the first of them that says anything.
    pub fn first(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().find(|text| !text.is_empty())
    }

    /// Whether an element called `name` says `text`.
    pub fn has(&self, name: &str, text: &str) -> bool {
        self.all(name).iter().any(|told| told == text)
    }
}

impl Account {
    /// A call of a service that is asked by forms and answers in XML.
    pub(super) async fn query(
        &self,
        service: Service,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Told, AccountError> {
        let mut form = vec![("Action", action), ("Version", service.version())];
        form.extend_from_slice(parameters);
        let form: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let asked = Asked {
            method: "POST",
            path: "/".to_owned(),
            headers: vec![("content-type", "application/x-www-form-urlencoded".into())],
            body: form.join("&"),
        };
        self.ask(service, action, asked).await.map(Told)
    }

    /// A call of a service that is asked and answers in JSON, all of them at one address.
    pub(super) async fn json(
        &self,
        service: Service,
        action: &'static str,
        body: Value,
    ) -> Result<Value, AccountError> {
        let target = format!("{}.{action}", service.version());
        let asked = Asked {
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".into()),
                ("x-amz-target", target),
            ],
            body: body.to_string(),
        };
        let text = self.ask(service, action, asked).await?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// A call of a service whose resources have addresses.
    pub(super) async fn rest(
        &self,
        service: Service,
        action: &'static str,
        method: &'static str,
        path: &str,
    ) -> Result<Value, AccountError> {
        let asked = Asked {
            method,
            path: format!("{}{path}", service.version()),
            headers: Vec::new(),
            body: String::new(),
        };
        let text = self.ask(service, action, asked).await?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    async fn ask(
        &self,
        service: Service,
        action: &'static str,
        asked: Asked,
    ) -> Result<String, AccountError> {
        let partition = &self.identity().partition;
        let answer = self.plain().call(service, partition, action, asked).await;
        answer.map_err(self.failed(service.name(), action))
    }
}

/// What is neither letter nor digit as `%XX`, as forms and paths want it.
pub(super) fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let one = |byte: u8| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_says_all_of_its_text_or_nothing() {
        let told = Told("<a><id>x-1</id><id>x &amp; 2</id><idle>1</idle><marker/></a>".into());
        assert!(told.has("id", "x & 2") && !told.has("id", "1"));
        assert_eq!(told.first("id").as_deref(), Some("x-1"));
        assert_eq!(told.first("marker"), None);
    }

    #[test]
    fn a_form_holds_nothing_that_would_part_it() {
        assert_eq!(encoded("a&b=ü/c~d"), "a%26b%3D%C3%BC%2Fc~d");
    }
}
