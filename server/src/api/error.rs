//! Refusals: a status and [`lode_shared::ApiError`].

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lode_shared::{ApiError, FieldError};

/// A refusal of the API.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    body: ApiError,
}

impl Error {
    /// A refusal that concerns no field.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, body: ApiError { message: message.into(), fields: Vec::new() } }
    }

    /// Values out of range: 422, with each field's fault.
    pub fn fields(fields: Vec<FieldError>) -> Self {
        let message = fields.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join(" ");
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body: ApiError { message, fields } }
    }

    /// Something of ours failed; the log has the details.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!("{error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The miner could not do this; its log says why.")
    }
}

impl Error {
    /// Status and sentence.
    pub fn into_parts(self) -> (StatusCode, String) {
        (self.status, self.body.message)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
