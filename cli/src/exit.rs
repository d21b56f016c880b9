//! The exit codes of rlab-ops, as one public, documented type.

use rlab_evidence::Outcome;
use rlab_lab::ErrorKind;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every claim of the drill or check was shown.
    Held,
    /// Evidence shows a claim false.
    Deviated,
    /// It could not be decided.
    Unknown,
    /// The steady state was not met, so nothing was injected.
    NotSteady,
    /// Ended on request or by a stop condition, and undone.
    Aborted,
    /// A fault or a resource is still there.
    Residual,
    /// Refused by policy, or an approval is missing.
    Denied,
    /// Wrong usage.
    Usage,
    /// A mistake in rlab-ops itself.
    Internal,
    /// Ended by a second Ctrl-C.
    Interrupted,
    /// Ended by SIGTERM.
    Terminated,
}

impl Exit {
    /// Every code, in ascending order.
    pub const ALL: [Self; 11] = [
        Self::Held,
        Self::Deviated,
        Self::Unknown,
        Self::NotSteady,
        Self::Aborted,
        Self::Residual,
        Self::Denied,
        Self::Usage,
        Self::Internal,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number and its meaning.
    const fn entry(self) -> (u8, &'static str) {
        match self {
            Self::Held => (0, "held: every claim of the drill or check was shown"),
            Self::Deviated => (1, "deviated: evidence shows a claim false"),
            Self::Unknown => (
                2,
                "unknown: not decided (no proof of a fault, too little traffic, machine or lab unfit)",
            ),
            Self::NotSteady => (
                3,
                "steady state not met before the fault; nothing was injected",
            ),
            Self::Aborted => (4, "aborted (first Ctrl-C, stop condition) and fully undone"),
            Self::Residual => (
                5,
                "residual: a fault or a resource is still there; beats every other code",
            ),
            Self::Denied => (6, "denied by policy, or an approval is missing"),
            Self::Usage => (64, "wrong usage: nothing was changed"),
            Self::Internal => (70, "internal error of rlab-ops"),
            Self::Interrupted => (130, "ended by a second Ctrl-C; a recovery record is left"),
            Self::Terminated => (143, "ended by SIGTERM; a recovery record is left"),
        }
    }

    /// The one of this number.
    pub fn of_code(code: i32) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|exit| i32::from(exit.code()) == code)
    }

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        self.entry().0
    }

    /// The table shown at the end of `--help`.
    pub fn table() -> String {
        let lines = Self::ALL.map(|exit| {
            let (code, meaning) = exit.entry();
            format!("  {code:>3}  {meaning}")
        });
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Usage => Self::Usage,
            ErrorKind::Environment => Self::Unknown,
            ErrorKind::NotSteady => Self::NotSteady,
            ErrorKind::Internal => Self::Internal,
            ErrorKind::Residual => Self::Residual,
            ErrorKind::Aborted => Self::Aborted,
            ErrorKind::Denied => Self::Denied,
        }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Held => Self::Held,
            Outcome::Deviated => Self::Deviated,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_documented_table() {
        insta::assert_snapshot!(Exit::table());
    }

    #[test]
    fn codes_ascend_without_repeats() {
        assert!(Exit::ALL.is_sorted_by(|a, b| a.code() < b.code()));
    }

    #[test]
    fn a_tool_error_is_never_a_deviation() {
        for kind in [
            ErrorKind::Usage,
            ErrorKind::Environment,
            ErrorKind::Residual,
            ErrorKind::Aborted,
            ErrorKind::NotSteady,
            ErrorKind::Internal,
            ErrorKind::Denied,
        ] {
            assert!(!matches!(Exit::from(kind), Exit::Held | Exit::Deviated));
        }
    }
}
