//! The body of every refusal of the API.

use serde::{Deserialize, Serialize};

/// What went wrong, in words that say what to do, and the fields it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// One sentence for a person.
    pub message: String,
    /// One entry for each field of the request that was refused; empty when the fault is not in a field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
}

/// One refused field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name on the wire, e.g. `success_pct`.
    pub field: String,
    /// One sentence that names the allowed range.
    pub message: String,
}
