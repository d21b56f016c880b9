//! Secrets: a task's configuration is written into one, a password that AWS drew is read from one.

use super::connected::Account;
use super::error::AccountError;

/// Largest secret that AWS takes, in bytes.
const LARGEST: usize = 65_536;

impl Account {
    /// Makes `text` the current value of the secret `arn`.
    ///
    /// # Errors
    /// [`AccountError::Unfit`] when it is too large or empty, and when AWS refuses.
    pub async fn put_secret(&self, arn: &str, text: &str) -> Result<(), AccountError> {
        if text.is_empty() || text.len() > LARGEST {
            return Err(AccountError::Unfit {
                what: format!("the value of {arn}"),
                why: format!("it has {} bytes, not 1 to {LARGEST}", text.len()),
            });
        }
        let put = self.clients().secrets.put_secret_value();
        let put = put.secret_id(arn).secret_string(text).send().await;
        put.map_err(self.failed("Secrets Manager", "PutSecretValue"))?;
        Ok(())
    }

    /// The current value of the secret `arn`.
    ///
    /// # Errors
    /// [`AccountError::Incomplete`] when it has no text, and when AWS refuses.
    pub async fn secret_text(&self, arn: &str) -> Result<String, AccountError> {
        let get = self.clients().secrets.get_secret_value().secret_id(arn);
        let got = get.send().await;
        let got = got.map_err(self.failed("Secrets Manager", "GetSecretValue"))?;
        got.secret_string.ok_or(AccountError::Incomplete {
            action: "secretsmanager:GetSecretValue",
            what: "a text",
        })
    }
}
