//! Ctrl-C and SIGTERM during work that must be undone.
//!
//! Verbs with nothing to undo leave both signals to the system, which ends them at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;
use crate::output::stream;

/// A token that the first Ctrl-C cancels. The second, or SIGTERM, ends the process at once.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn cancellation() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let cancel = token.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => end(Exit::Terminated),
            }
            if cancel.is_cancelled() {
                end(Exit::Interrupted);
            }
            stream::note("aborting and undoing; Ctrl-C again stops at once");
            cancel.cancel();
        }
    });
    Ok(token)
}

fn end(exit: Exit) {
    std::process::exit(exit.code().into());
}
