//! Tokens that stand in for a password: signed ahead, and renewed before they run out.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, SystemTime};

use rlab_contract::login::Secret;
use tokio::sync::watch;

use crate::backoff::Backoff;
use crate::ready::Readiness;

/// Signing may ask for credentials over the network, and those who give them may be away.
const SIGN_WITHIN: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A text that lets its bearer in for a while.
#[derive(Debug, Clone)]
pub struct Token {
    /// What is shown.
    pub text: Secret,
    /// From when on it is refused.
    pub runs_out: SystemTime,
}

/// Why there is no token to show; readiness has the cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// None has been signed so far.
    #[error("{0} has not been signed yet")]
    NotYet(&'static str),
    /// The last one has run out, and a new one could not be signed.
    #[error("{0} has run out and could not be renewed")]
    RunOut(&'static str),
}

/// The token in force, kept fresh by a task that ends with its last user. Asking for it never waits,
/// so that it can be done where nothing may block.
#[derive(Debug, Clone)]
pub struct Tokens {
    name: &'static str,
    current: watch::Receiver<Option<Token>>,
}

impl Token {
    /// How long it may be used before it is renewed: two thirds of what is left, so that a signer that
    /// is away for a while does no harm.
    fn renew_in(&self, now: SystemTime) -> Option<Duration> {
        let left = self.runs_out.duration_since(now).ok()?;
        (!left.is_zero()).then(|| left * 2 / 3)
    }
}

impl Tokens {
    /// Signs by `sign`, again and again. While it fails, `name` is what `readiness` waits for, with the
    /// cause.
    pub fn keep<F, Fut, E>(readiness: &Readiness, name: &'static str, sign: F) -> Self
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Token, E>> + Send,
        E: Display + Send,
    {
        readiness.needs(name);
        let (sender, current) = watch::channel(None);
        let readiness = readiness.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = keep_signing(&readiness, name, sign, &sender) => {}
                () = sender.closed() => {}
            }
        });
        Self { name, current }
    }

    /// The token to show now.
    ///
    /// # Errors
    /// [`NoToken`] before the first was signed, and when none could be signed for too long.
    pub fn current(&self) -> Result<Token, NoToken> {
        match &*self.current.borrow() {
            None => Err(NoToken::NotYet(self.name)),
            Some(token) if token.runs_out <= SystemTime::now() => Err(NoToken::RunOut(self.name)),
            Some(token) => Ok(token.clone()),
        }
    }

    /// Waits until there is a token that this clone has not been told of.
    pub async fn renewed(&mut self) {
        if self.current.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn keep_signing<F, Fut, E>(
    readiness: &Readiness,
    name: &'static str,
    sign: F,
    sender: &watch::Sender<Option<Token>>,
) where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Token, E>>,
    E: Display,
{
    let mut backoff = Backoff::new(SHORTEST_PAUSE, LONGEST_PAUSE);
    let mut said = String::new();
    loop {
        match signed(sign()).await {
            Ok((token, wait)) => {
                sender.send_replace(Some(token));
                readiness.answered(name);
                backoff.reset();
                said.clear();
                tokio::time::sleep(wait).await;
            }
            Err(cause) => {
                if cause != said {
                    tracing::warn!(name, cause, "not signed; trying again");
                }
                readiness.waits(name, &cause);
                said = cause;
                backoff.wait().await;
            }
        }
    }
}

/// A token, and how long to wait before the next.
async fn signed<Fut, E>(signing: Fut) -> Result<(Token, Duration), String>
where
    Fut: Future<Output = Result<Token, E>>,
    E: Display,
{
    let token = tokio::time::timeout(SIGN_WITHIN, signing)
        .await
        .map_err(|_| format!("no signature within {} s", SIGN_WITHIN.as_secs()))?
        .map_err(|error| error.to_string())?;
    match token.renew_in(SystemTime::now()) {
        Some(wait) => Ok((token, wait)),
        None => Err("what was signed has run out already; is the clock right?".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn token(number: u32, life: Duration) -> Token {
        Token {
            text: format!("token-{number}").into(),
            runs_out: SystemTime::now() + life,
        }
    }

    #[tokio::test]
    async fn a_token_is_renewed_before_it_runs_out_though_nobody_asks() {
        let signed = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&signed);
        let mut tokens = Tokens::keep(&Readiness::default(), "t", move || {
            let number = counter.fetch_add(1, Ordering::Relaxed);
            async move { Ok::<_, String>(token(number, Duration::from_millis(300))) }
        });
        let mut seen = Vec::new();
        for _ in 0..3 {
            tokens.renewed().await;
            seen.push(tokens.current().unwrap().text.expose().to_owned());
        }
        assert_eq!(seen, ["token-0", "token-1", "token-2"]);
    }

    #[tokio::test]
    async fn a_signature_that_fails_is_told_with_its_cause_and_tried_again() {
        let readiness = Readiness::default();
        let (allow, allowed) = watch::channel(false);
        let mut tokens = Tokens::keep(&readiness, "t", move || {
            let ok = *allowed.borrow();
            async move {
                match ok {
                    true => Ok(token(1, Duration::from_secs(900))),
                    false => Err("no AWS credentials"),
                }
            }
        });
        assert_eq!(tokens.current().unwrap_err(), NoToken::NotYet("t"));
        while readiness.waiting()[0].last_error != "no AWS credentials" {
            tokio::task::yield_now().await;
        }
        allow.send_replace(true);
        tokens.renewed().await;
        assert!(tokens.current().is_ok());
        while !readiness.waiting().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_token_that_has_run_out_is_not_shown() {
        let (_sender, current) = watch::channel(Some(token(1, Duration::ZERO)));
        let tokens = Tokens { name: "t", current };
        assert_eq!(tokens.current().unwrap_err(), NoToken::RunOut("t"));
    }

    #[tokio::test]
    async fn signing_ends_with_the_last_user_of_the_tokens() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let mut tokens = Tokens::keep(&Readiness::default(), "t", move || {
            let _held = &held;
            async { Ok::<_, String>(token(1, Duration::from_secs(900))) }
        });
        tokens.renewed().await;
        drop(tokens);
        while Arc::strong_count(&alive) > 1 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_token_does_not_print_its_text() {
        assert!(!format!("{:?}", token(7, Duration::ZERO)).contains("token-7"));
    }
}
