//! How the data file fares, for whoever watches: figures that were taken when it was last written, so that a disk that hangs
//! keeps nobody waiting.

/// How the data file fares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Since when nothing can be written, milliseconds since the Unix epoch; absent while writing works. The miner goes on
    /// from memory.
    pub failing_since_ms: Option<u64>,
    /// What the disk said last; absent while writing works.
    pub fault: Option<String>,
    /// When something was written last, milliseconds since the Unix epoch; absent before the first time.
    pub last_commit_ms: Option<u64>,
    /// Rows lost because the disk was behind or refused them.
    pub dropped: u64,
    /// The file and its journal, bytes; absent before they were looked at, as is the rest.
    pub file_bytes: Option<u64>,
    /// What we may still write to that disk, bytes.
    pub free_bytes: Option<u64>,
    /// The disk's size, bytes.
    pub disk_bytes: Option<u64>,
}
