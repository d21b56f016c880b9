//! An error as a service of AWS would answer it.

use axum::http::StatusCode;

use crate::data_plane::DataPlaneError;

/// An error answer: what [`super::wire`] puts into the form that the service's SDK reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// AWS's error code.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Seconds, for throttling.
    pub(crate) retry_after_s: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// The caller's mistake: 400.
    pub(crate) fn sender(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// There is no such thing: 404.
    pub(crate) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// The rehearsal itself cannot: 500, so that nobody takes it for AWS's judgement of the request.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "InternalFailure", message)
    }
}

impl From<DataPlaneError> for Refusal {
    fn from(error: DataPlaneError) -> Self {
        Self::internal(format!("the data plane: {error}"))
    }
}
