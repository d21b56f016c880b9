//! What a user meets when a verb fails: what failed and why, what to type next, and the exit code.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use rlab_cloud::CloudError;
use rlab_document::DocumentErrors;
use rlab_drill::DrillError;
use rlab_lab::LabError;
use rlab_runbook::{LibraryError, ResolveError};

use crate::exit::Exit;
use crate::output::stream;

/// Why a verb ended early.
#[derive(Debug)]
pub enum Failure {
    /// A message with an optional next command.
    Message {
        /// How the process ends.
        exit: Exit,
        /// Lowercase fragment: what failed and why.
        message: String,
        /// What to type next.
        hint: Option<String>,
    },
    /// Mistakes in a document, shown with their lines.
    Document(Box<dyn Diagnostic + Send + Sync>),
    /// Whoever reads our output stopped reading: the end, not an error.
    ReaderGone,
}

impl Failure {
    /// A failure with a message and no hint.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Message {
            exit,
            message,
            hint: None,
        }
    }

    /// The same with the next command to type.
    pub fn hint(self, text: impl Into<String>) -> Self {
        match self {
            Self::Message { exit, message, .. } => {
                let hint = Some(text.into());
                Self::Message {
                    exit,
                    message,
                    hint,
                }
            }
            other => other,
        }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Shows the failure on stderr and says how the process ends.
    pub fn report(&self) -> Exit {
        match self {
            Self::Message {
                exit,
                message,
                hint,
            } => {
                stream::error(message);
                if let Some(hint) = hint {
                    stream::note(&format!("\nhint: {hint}"));
                }
                *exit
            }
            Self::Document(diagnostic) => {
                stream::error(&diagnostic.to_string());
                stream::note(&places(diagnostic.as_ref()));
                Exit::Usage
            }
            Self::ReaderGone => Exit::Held,
        }
    }
}

/// Every mistake with its piece of the document, without the heading that says how many there are.
fn places(diagnostic: &(dyn Diagnostic + Send + Sync)) -> String {
    let mut text = String::new();
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode()).with_wrap_lines(false);
    match handler.render_report(&mut text, diagnostic) {
        Ok(()) => text
            .split_once('\n')
            .map_or(String::new(), |(_, rest)| rest.to_owned()),
        Err(_) => String::new(),
    }
}

impl From<LabError> for Failure {
    fn from(error: LabError) -> Self {
        if let LabError::Profile(errors) = error {
            return Self::Document(Box::new(errors));
        }
        Self::Message {
            exit: error.kind().into(),
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

impl From<CloudError> for Failure {
    fn from(error: CloudError) -> Self {
        match error {
            CloudError::Profile(errors) => Self::Document(Box::new(errors)),
            CloudError::Lab(error) => error.into(),
            error => Self::Message {
                exit: error.kind().into(),
                message: error.to_string(),
                hint: error.hint(),
            },
        }
    }
}

impl From<DrillError> for Failure {
    fn from(error: DrillError) -> Self {
        Self::Message {
            exit: error.kind().into(),
            message: error.to_string(),
            hint: error.hint(),
        }
    }
}

impl From<DocumentErrors> for Failure {
    fn from(errors: DocumentErrors) -> Self {
        Self::Document(Box::new(errors))
    }
}

impl From<LibraryError> for Failure {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::Invalid(errors) => errors.into(),
            LibraryError::Unknown { ref help, .. } => {
                Self::usage(error.to_string()).hint(format!("{help} (rlab-ops runbook list)"))
            }
            LibraryError::Unreadable { .. } => Self::usage(error.to_string()),
        }
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Parameters(errors) => Self::usage(errors.to_string())
                .hint("the parameters with their bounds: rlab-ops runbook show ID"),
            ResolveError::Document(errors) => errors.into(),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::new(Exit::Unknown, error.to_string()),
        }
    }
}
