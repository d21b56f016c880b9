//! Alarms of CloudWatch, as they are now.

use serde::Serialize;

use super::connected::Account;
use super::error::AccountError;
use super::plain::Service;
use super::xml;

/// Alarms that CloudWatch tells of in one call: its limit for names.
const AT_ONCE: usize = 100;

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// Whether its metric is out of bounds.
    pub rings: bool,
    /// Why it is as it is, in AWS's words.
    pub why: String,
}

impl Account {
    /// The alarms with these names; one that does not exist is not among them.
    ///
    /// # Errors
    /// When AWS refuses.
    pub async fn alarms(&self, names: &[String]) -> Result<Vec<Alarm>, AccountError> {
        let mut alarms = Vec::new();
        for some in names.chunks(AT_ONCE) {
            let numbered = some.iter().zip(1..);
            let wanted: Vec<(String, &String)> = numbered
                .map(|(name, number)| (format!("AlarmNames.member.{number}"), name))
                .collect();
            let most = AT_ONCE.to_string();
            let mut asked = vec![("MaxRecords", most.as_str())];
            asked.extend(
                wanted
                    .iter()
                    .map(|(key, name)| (key.as_str(), name.as_str())),
            );
            let asking = self.query(Service::CloudWatch, "DescribeAlarms", &asked);
            alarms.extend(read(asking.await?.document()));
        }
        // Whoever does not know the parameter tells of all there are.
        alarms.retain(|alarm| names.contains(&alarm.name));
        Ok(alarms)
    }
}

fn read(answer: &str) -> Vec<Alarm> {
    let members = xml::members(answer, "MetricAlarms", "member");
    let alarms = members.into_iter().filter_map(|member| {
        let told = |name: &str| xml::texts(member, name).into_iter().next();
        Some(Alarm {
            name: told("AlarmName")?,
            rings: told("StateValue")? == "ALARM",
            why: told("StateReason").unwrap_or_else(|| "no reason told".to_owned()),
        })
    });
    alarms.collect()
}
