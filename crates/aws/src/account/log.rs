//! The log of a task, line by line, as it is written.

use std::time::{Duration, Instant};

use futures::{Stream, TryStreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::connected::Account;
use super::error::AccountError;

/// Least time between two questions: an account may ask GetLogEvents ten times a second in the smaller
/// regions, and others ask too.
const GAP: Duration = Duration::from_millis(200);

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When it was written; `None` when AWS does not tell.
    pub at: Option<Timestamp>,
    /// What was written.
    pub text: String,
}

/// Somebody who reads a log stream from its beginning.
struct Reader {
    account: Account,
    group: String,
    stream: String,
    ended: CancellationToken,
    /// Where the next question goes on.
    token: Option<String>,
    asked: Option<Instant>,
    /// Since when nothing new has come, once the writer has ended.
    silent: Option<Instant>,
}

/// What a question brought.
struct Page {
    lines: Vec<LogLine>,
    /// There may be more without waiting.
    more: bool,
}

impl Account {
    /// Every line of a log stream, also of one that does not exist yet. Cancel `ended` when its writer has
    /// ended: the lines go on until none has come for [`Bounds::log_settle`](super::Bounds::log_settle).
    pub fn log_lines(
        &self,
        group: &str,
        stream: &str,
        ended: CancellationToken,
    ) -> impl Stream<Item = Result<LogLine, AccountError>> + Send + use<> {
        let reader = Reader {
            account: self.clone(),
            group: group.to_owned(),
            stream: stream.to_owned(),
            ended,
            token: None,
            asked: None,
            silent: None,
        };
        stream::try_unfold(reader, |mut reader| async move {
            let lines = reader.lines().await?;
            Ok(lines.map(|lines| (stream::iter(lines.into_iter().map(Ok)), reader)))
        })
        .try_flatten()
    }
}

impl Reader {
    /// The next lines; `None` at the end.
    async fn lines(&mut self) -> Result<Option<Vec<LogLine>>, AccountError> {
        loop {
            let page = self.page().await;
            match &page {
                Ok(page) if page.more => self.silent = None,
                Err(error) if !error.passes() => return page.map(|page| Some(page.lines)),
                _ if self.is_over() => return page.map(|_| None),
                _ => {}
            }
            match page {
                Ok(page) if !page.lines.is_empty() => return Ok(Some(page.lines)),
                Ok(page) if page.more => {}
                _ => self.pause().await,
            }
        }
    }

    async fn page(&mut self) -> Result<Page, AccountError> {
        if let Some(asked) = self.asked {
            tokio::time::sleep(GAP.saturating_sub(asked.elapsed())).await;
        }
        self.asked = Some(Instant::now());
        let get = self.account.clients().logs.get_log_events();
        let get = get
            .log_group_name(&self.group)
            .log_stream_name(&self.stream)
            .start_from_head(true)
            .set_next_token(self.token.clone());
        let answer = get.send().await;
        let answer = match answer.map_err(self.account.failed("CloudWatch Logs", "GetLogEvents")) {
            // The stream begins with the first line.
            Err(error) if error.not_found() => {
                let (lines, more) = (Vec::new(), false);
                return Ok(Page { lines, more });
            }
            answer => answer?,
        };
        let next = answer.next_forward_token().map(str::to_owned);
        let lines = answer.events().iter().map(|event| LogLine {
            at: event
                .timestamp()
                .and_then(|ms| Timestamp::from_millisecond(ms).ok()),
            text: event.message().unwrap_or_default().to_owned(),
        });
        let lines: Vec<LogLine> = lines.collect();
        // An empty page is the last one only when its token leads back to it.
        let more = !lines.is_empty() || next != self.token;
        self.token = next.or(self.token.take());
        Ok(Page { lines, more })
    }

    fn is_over(&mut self) -> bool {
        if !self.ended.is_cancelled() {
            return false;
        }
        let since = *self.silent.get_or_insert_with(Instant::now);
        since.elapsed() >= self.account.bounds().log_settle
    }

    /// Waits until it is time to ask again, or the writer has ended.
    async fn pause(&self) {
        let pause = tokio::time::sleep(self.account.bounds().pace);
        if self.ended.is_cancelled() {
            return pause.await;
        }
        tokio::select! {
            () = pause => {}
            () = self.ended.cancelled() => {}
        }
    }
}
