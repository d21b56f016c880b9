//! A task's configuration, written into its secret.

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
}
