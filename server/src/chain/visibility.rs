//! Keeps our axon on chain as it is: compares at every sync, registers it when the chain has another one, and says what
//! somebody must do when the chain does not take it.

use std::time::Duration;

use lode_shared::Serving;

use super::connection::{AtBlock, Connection};
use super::external::External;
use super::serve::{Outcome, serve};
use super::told::Told;
use crate::domain::{Advertised, ChainView, ServeRefusal, ServeStep, not_registered};
use crate::keys::Signer;

/// A registration is waited for so long: ten blocks of the real chain.
const PATIENCE: Duration = Duration::from_secs(120);
/// After a refusal that may pass by itself, the next attempt comes no sooner.
const SOON_MS: u64 = 60_000;
/// After one that only a change of ours mends.
const LATER_MS: u64 = 3_600_000;

/// Keeps the axon visible.
pub(super) struct Visibility {
    /// Absent when something else registers the axon.
    external: Option<External>,
    port: u16,
    refused: Option<Refused>,
    told: Told,
}

/// The last refusal, of which axon, and until when it is left at that.
struct Refused {
    ours: Advertised,
    sentence: String,
    serving: Serving,
    until_ms: u64,
}

impl Refused {
    /// Not when the clock was set back since.
    fn still_holds(&self, now_ms: u64) -> bool {
        self.until_ms.checked_sub(now_ms).is_some_and(|left_ms| (1..=LATER_MS).contains(&left_ms))
    }
}

/// How visible we are, what there is to say about it, and whether the chain was just changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) serving: Serving,
    pub(super) detail: Option<String>,
    pub(super) is_changed: bool,
}

impl Seen {
    fn new(serving: Serving, detail: Option<String>) -> Self {
        Self { serving, detail, is_changed: false }
    }
}

impl Visibility {
    /// Of an axon at `port` of the address that `external` finds; `None` leaves the chain alone.
    pub(super) fn new(external: Option<External>, port: u16) -> Self {
        Self { external, port, refused: None, told: Told::default() }
    }

    /// Compares, and registers when that is due.
    pub(super) async fn keep(
        &mut self,
        connection: &Connection,
        at: &AtBlock,
        view: &ChainView,
        signer: &Signer,
        now_ms: u64,
    ) -> Seen {
        let seen = match self.compare(view, signer, now_ms).await {
            Ok(ours) => self.register(connection, at, ours, view.netuid, signer, now_ms).await,
            Err(seen) => seen,
        };
        self.tell(&seen, now_ms);
        seen
    }

    /// Our axon, if it is to be registered now; otherwise how visible we are.
    async fn compare(&mut self, view: &ChainView, signer: &Signer, now_ms: u64) -> Result<Advertised, Seen> {
        let Some(external) = &mut self.external else {
            return Err(Seen::new(
                Serving::Off,
                Some("axon.serve is false: something else must register the axon".into()),
            ));
        };
        let Some((_, us)) = view.metagraph.find(&signer.hotkey()) else {
            return Err(Seen::new(
                Serving::Hidden,
                Some(format!("{}; Lode keeps checking", not_registered(view.netuid))),
            ));
        };
        if !view.tells_axons {
            // What cannot be compared is not registered blindly.
            let detail = "this runtime does not tell its axons as this Lode reads them: update Lode, or register the axon elsewhere";
            return Err(Seen::new(Serving::Unknown, Some(detail.into())));
        }
        let ours = match external.address(now_ms).await {
            Ok(ip) => Advertised { ip, port: self.port },
            // What the chain has may well be right: there is nothing to compare it with.
            Err(error) if us.axon.is_some() => return Err(Seen::new(Serving::Unknown, Some(error.to_string()))),
            Err(error) => return Err(Seen::new(Serving::Hidden, Some(error.to_string()))),
        };
        match ours.step(view, us) {
            ServeStep::Visible => {
                self.refused = None;
                Err(Seen::new(Serving::Visible, None))
            }
            ServeStep::Wait { blocks } => {
                let detail = format!("the chain takes another registration in {blocks} blocks");
                Err(Seen::new(Serving::Pending, Some(detail)))
            }
            ServeStep::Serve => match &self.refused {
                Some(refused) if refused.ours == ours && refused.still_holds(now_ms) => {
                    Err(Seen::new(refused.serving, Some(refused.sentence.clone())))
                }
                _ => Ok(ours),
            },
        }
    }

    async fn register(
        &mut self,
        connection: &Connection,
        at: &AtBlock,
        ours: Advertised,
        netuid: u16,
        signer: &Signer,
        now_ms: u64,
    ) -> Seen {
        let Advertised { ip, port } = ours;
        if self.refused.is_none() {
            tracing::info!("registering the axon at {ip}:{port} on subnet {}", netuid);
        }
        let (refusal, sentence) = match serve(connection, at, netuid, ours, signer, PATIENCE).await {
            Outcome::Confirmed => {
                self.refused = None;
                return Seen { is_changed: true, ..Seen::new(Serving::Visible, None) };
            }
            Outcome::Refused(refusal) => {
                let sentence = refusal.remedy(netuid, ours);
                (Some(refusal), sentence)
            }
            Outcome::Unsure(why) => {
                (None, format!("it is not known whether the chain has the axon: {why}; the next sync shows"))
            }
        };
        let may_pass = refusal.as_ref().is_none_or(ServeRefusal::may_pass);
        let serving = refusal.as_ref().map_or(Serving::Pending, ServeRefusal::serving);
        let until_ms = now_ms.saturating_add(if may_pass { SOON_MS } else { LATER_MS });
        self.refused = Some(Refused { ours, sentence: sentence.clone(), serving, until_ms });
        Seen::new(serving, Some(sentence))
    }

    fn tell(&mut self, seen: &Seen, now_ms: u64) {
        match (seen.serving, &seen.detail) {
            (Serving::Visible, _) => {
                let was_told = self.told.over().is_some();
                if was_told || seen.is_changed {
                    tracing::info!("the chain has the axon as it is: validators find us at port {}", self.port);
                }
            }
            (Serving::Hidden | Serving::Pending | Serving::Unknown, Some(detail))
                if self.told.is_due(detail, now_ms) =>
            {
                tracing::warn!("validators may not find us: {detail}");
            }
            _ => {}
        }
    }
}
