//! Kafka: MSK reboots a broker, and its operation tells how that goes.

use jiff::Timestamp;
use rlab_drill::{ControlError, FailedOver};

use super::guard::refused;
use super::{Asking, guard, told};

/// The kind of cluster that has brokers of its own.
const PROVISIONED: &str = "provisioned";

impl Asking {
    pub(super) async fn brokers_are_ready(&self) -> Result<(), ControlError> {
        self.broker_is_ready(None).await
    }

    async fn broker_is_ready(&self, id: Option<u32>) -> Result<(), ControlError> {
        let kafka = &self.deployed.kafka;
        if kafka.kind != PROVISIONED {
            return Err(refused(
                format!("a cluster of kind {} has no broker to reboot", kafka.kind),
                "take a profile whose cluster is provisioned",
            ));
        }
        let told = self.account.brokers(&kafka.cluster_arn).await;
        guard::brokers(&told.map_err(told::unasked)?, &kafka.cluster_arn, id)
    }

    pub(super) async fn reboot_broker(&self, id: u32) -> Result<FailedOver, ControlError> {
        self.broker_is_ready(Some(id)).await?;
        let arn = &self.deployed.kafka.cluster_arn;
        let began = self.account.reboot_broker(arn, id).await;
        let began = began.map_err(told::unanswered)?;
        let what = format!("RebootBroker of broker {id}");
        let mut seen = vec![told::began(&what, &began.asked)];
        let operation = &began.operation;
        let ended = self.account.kafka_operation(operation, self.limits.broker);
        let unproven = match ended.await {
            Ok(ended) => {
                let heard_at = Timestamp::now();
                let begins = format!("operation {} began", ended.kind);
                seen.push(told::heard(begins, ended.started_at, heard_at));
                let ends = format!("{}: {}", ended.state, ended.steps.join(", "));
                seen.push(told::heard(ends, ended.ended_at, heard_at));
                (!ended.succeeded()).then(|| {
                    let why = ended.error.as_deref().unwrap_or("no reason told");
                    format!("{operation} ended as {}: {why}", ended.state)
                })
            }
            // It was begun: what cannot be asked about it is unknown, and no error of the drill.
            Err(error) => Some(error.to_string()),
        };
        Ok(FailedOver {
            away: None,
            seen,
            unproven,
        })
    }
}
