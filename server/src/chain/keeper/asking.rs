//! Which endpoint is asked, and which is believed.

use std::time::Duration;

use rand::RngExt;
use tokio::time::timeout;

use super::super::config::shown;
use super::super::connection::{AtBlock, ChainError, Connection};
use super::super::read::{Read, read};
use super::Keeper;
use crate::domain::ChainView;

/// Endpoints behind one name differ by some blocks; more than this is no accident.
const BEHIND_BLOCKS: u64 = 20;
/// When nothing newer came for this long, the chain was set back: one's own chains are, at times.
const SET_BACK_MS: u64 = 3_600_000;
/// A sync may take as long as so many of its calls.
const CALL_TIMES: u32 = 3;
/// No chain is faster: what an honest endpoint may be ahead of another by, as time passes.
const FASTEST_BLOCK_MS: u64 = 200;

/// What one endpoint said, and the connection to it.
pub(super) struct Answered {
    pub(super) index: usize,
    pub(super) connection: Connection,
    pub(super) at: AtBlock,
    pub(super) read: Read,
}

/// Why no endpoint was of use.
pub(super) struct Failure {
    /// What each said.
    pub(super) text: String,
    /// Whether that lasts until the operator does something.
    pub(super) needs_operator: bool,
}

impl Keeper {
    /// Asks the endpoints in turn. One that lags or claims too much is believed only when nobody knows better.
    pub(super) async fn sync(&mut self, now_ms: u64) -> Result<Answered, Failure> {
        self.asking = None;
        let mut doubtful: Option<((bool, u64), Answered, String)> = None;
        let (mut errors, mut needs_operator) = (Vec::new(), false);
        for index in self.endpoints.ready(now_ms) {
            self.asking = Some(index);
            let error = match self.ask(index, now_ms).await {
                Ok(answered) => match self.fault(&answered.read.view, now_ms) {
                    None => {
                        self.endpoints.worked(index);
                        self.lagging.over();
                        self.recovered(&answered, None);
                        return Ok(answered);
                    }
                    Some(fault) => {
                        let text = format!("{}: {fault}", answered.connection.shown);
                        // Rather one that lags than one that claims too much; of those that lag, the one that does least.
                        let rank = (matches!(fault, ChainError::OldBlock(_)), answered.read.view.block);
                        if matches!(fault, ChainError::OldBlock(_) | ChainError::Ahead)
                            && doubtful.as_ref().is_none_or(|(best, ..)| *best < rank)
                        {
                            doubtful = Some((rank, answered, text.clone()));
                        }
                        text
                    }
                },
                Err((shown, error)) => {
                    needs_operator |= error.needs_operator();
                    format!("{shown}: {error}")
                }
            };
            errors.push(error);
            let jitter = self.random.random_range(0.0..1.0);
            self.failed(index, now_ms, jitter);
        }
        match doubtful {
            Some((_, answered, error)) => {
                self.endpoints.worked(answered.index);
                if self.lagging.is_due("lagging", now_ms) {
                    tracing::warn!("no endpoint is beyond doubt, so one that is not is believed: {error}");
                }
                self.recovered(&answered, Some(error));
                Ok(answered)
            }
            None => Err(Failure { text: errors.join("; "), needs_operator }),
        }
    }

    /// Asks one endpoint, over the connection that there is or a new one.
    async fn ask(&mut self, index: usize, now_ms: u64) -> Result<Answered, (String, ChainError)> {
        if let Some((_, connection)) = self.connection.take_if(|(kept, _)| *kept == index) {
            // Idle connections are cut by all that is between: that alone is no failure.
            if let Ok(answered) = self.ask_over(connection, index, now_ms).await {
                return Ok(answered);
            }
        }
        let patience = Duration::from_secs(self.config.call_timeout_s.into());
        let opened = Connection::open(&self.urls[index], patience, self.genesis).await;
        let connection = opened.map_err(|error| (shown(&self.urls[index]), error))?;
        self.ask_over(connection, index, now_ms).await
    }

    async fn ask_over(
        &self,
        mut connection: Connection,
        index: usize,
        now_ms: u64,
    ) -> Result<Answered, (String, ChainError)> {
        let network = self.config.network().word();
        let answer = async {
            let at = connection.newest().await?;
            let read = read(&connection, &at, network, self.netuid, now_ms).await?;
            Ok((at, read))
        };
        // Every call in its time can still be hours in all.
        let whole = Duration::from_secs(self.config.call_timeout_s.into()) * CALL_TIMES;
        let answer = match timeout(whole, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(ChainError::Call(format!("no whole answer within {} s", whole.as_secs()))),
        };
        match answer {
            Ok((at, read)) => Ok(Answered { index, connection, at, read }),
            Err(error) => Err((connection.shown, error)),
        }
    }

    /// Why what an endpoint said should not be believed.
    fn fault(&self, view: &ChainView, now_ms: u64) -> Option<ChainError> {
        let known = self.view.borrow();
        let known = known.as_ref().filter(|known| self.is_sure && known.genesis == view.genesis);
        if let Some(known) = known {
            let passed_ms = now_ms.saturating_sub(known.synced_ms);
            if passed_ms < SET_BACK_MS && view.block.saturating_add(BEHIND_BLOCKS) < known.block {
                return Some(ChainError::Behind { found: view.block, known: known.block });
            }
            let most = known.block.saturating_add(BEHIND_BLOCKS).saturating_add(passed_ms / FASTEST_BLOCK_MS);
            if view.block > most {
                return Some(ChainError::Ahead);
            }
        }
        let limit_ms = u64::from(self.config.max_block_age_s) * 1_000;
        let block_ms = view.block_ms?;
        if block_ms.saturating_sub(now_ms) > limit_ms {
            return Some(ChainError::Ahead);
        }
        let age_ms = now_ms.saturating_sub(block_ms);
        (age_ms > limit_ms).then_some(ChainError::OldBlock(age_ms / 1_000))
    }
}
