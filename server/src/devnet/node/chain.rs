//! The chain: its last blocks, its pool, and how a block is made of what waits.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use serde_json::json;

use super::block::{Account, Block, Hash, header_hash, time_extrinsic};
use super::events;
use super::extrinsic::{Invalid, Place, Refused, Signed, read};
use super::pool::Pool;
use super::runtime::Loaded;
use super::serve::{self, Refusal};
use super::storage::{Entries, entries};
use crate::domain::ChainView;

/// Blocks whose state is kept: more than any extrinsic lives that a client signs by default.
const MAX_BLOCKS: usize = 64;

pub(super) struct Chain {
    pub(super) genesis: Hash,
    /// Oldest first; never empty.
    blocks: VecDeque<Block>,
    /// On which the next block runs, when it is not the last one's.
    next_runtime: Option<Arc<Loaded>>,
    pub(super) pool: Pool,
}

impl Chain {
    pub(super) fn new(runtime: Loaded, mut view: ChainView) -> Self {
        let genesis = *view.genesis.get_or_insert([0x45; 32]);
        let timestamp_ms = *view.block_ms.get_or_insert(0);
        view.spec_version = Some(runtime.spec_version());
        let extrinsics: Vec<_> = time_extrinsic(&runtime, timestamp_ms).into_iter().collect();
        let first = Block {
            number: view.block,
            hash: genesis,
            parent: [0; 32],
            timestamp_ms,
            events: events::encoded(&runtime, events::inherent()).unwrap_or_default(),
            runtime: Arc::new(runtime),
            view: Arc::new(view),
            nonces: Arc::default(),
            extrinsics,
            storage: OnceLock::new(),
        };
        Self { genesis, blocks: VecDeque::from([first]), next_runtime: None, pool: Pool::default() }
    }

    pub(super) fn best(&self) -> &Block {
        self.blocks.back().expect("there is a first block, and the last is never removed")
    }

    pub(super) fn block(&self, hash: &Hash) -> Option<&Block> {
        self.blocks.iter().rev().find(|block| block.hash == *hash)
    }

    /// The hash of a block by its number. Block 0 is the first one's other name: clients ask for it to tell chains apart.
    pub(super) fn hash_of(&self, number: u64) -> Option<Hash> {
        let found = self.blocks.iter().find(|block| block.number == number).map(|block| block.hash);
        found.or((number == 0).then_some(self.genesis))
    }

    /// What is stored at a block.
    pub(super) fn storage<'a>(&self, block: &'a Block) -> &'a Entries {
        block.storage.get_or_init(|| {
            let earlier = self.blocks.iter().filter(|other| other.number < block.number);
            entries(block, &earlier.map(|other| (other.number, other.hash)).collect::<Vec<_>>())
        })
    }

    /// Changes the state at the last block; not what makes it that block.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut ChainView)) {
        let genesis = self.genesis;
        let best = self.blocks.back_mut().expect("never empty");
        let view = Arc::make_mut(&mut best.view);
        change(view);
        view.genesis = Some(genesis);
        view.block = best.number;
        view.block_ms = Some(best.timestamp_ms);
        view.spec_version = Some(best.runtime.spec_version());
        best.storage = OnceLock::new();
    }

    pub(super) fn upgrade(&mut self, runtime: Loaded) {
        self.next_runtime = Some(Arc::new(runtime));
    }

    /// Whether a block after `parent` would take the extrinsic, and what it is. Its nonce may lie in the future.
    pub(super) fn validate(&self, bytes: &[u8], parent: &Block) -> Result<Signed, Refused> {
        let signed = self.read(bytes, &parent.runtime, parent.number + 1)?;
        let refusal = check(&parent.runtime, &parent.view, parent.number + 1, &signed);
        if signed.nonce < parent.nonce(&signed.signer) {
            return Err(Refused::Invalid(Invalid::Stale));
        }
        match refusal {
            Err(refusal) if parent.runtime.refuses_in_pool => Err(Refused::Invalid(Invalid::Custom(refusal.code()))),
            _ => Ok(signed),
        }
    }

    fn read(&self, bytes: &[u8], runtime: &Loaded, number: u64) -> Result<Signed, Refused> {
        read(bytes, &Place { runtime, genesis: self.genesis, number, hash_of: &|number| self.hash_of(number) })
    }

    /// Executes what waits and makes the next block of it.
    /// Extrinsics that wait for a block.
    pub(super) fn waiting(&self) -> usize {
        self.pool.count()
    }

    pub(super) fn make_block(&mut self, now_ms: u64) {
        let best = self.best();
        let (parent, number) = (best.hash, best.number + 1);
        let mut nonces = HashMap::clone(&best.nonces);
        let mut view = ChainView::clone(&best.view);
        let runtime = self.next_runtime.take().unwrap_or_else(|| Arc::clone(&self.best().runtime));
        view.block = number;
        view.block_ms = Some(now_ms);
        view.spec_version = Some(runtime.spec_version());
        let mut extrinsics: Vec<_> = time_extrinsic(&runtime, now_ms).into_iter().collect();
        let mut events = events::inherent();
        let mut included = Vec::new();
        for waiting in self.pool.take() {
            let Ok(signed) = self.read(&waiting.bytes, &runtime, number) else {
                waiting.notify(&json!("invalid"));
                continue;
            };
            let nonce = nonces.entry(signed.signer).or_default();
            if signed.nonce > *nonce {
                self.pool.add(waiting);
                continue;
            }
            let outcome = check(&runtime, &view, number, &signed);
            if signed.nonce < *nonce || (outcome.is_err() && runtime.refuses_in_pool) {
                waiting.notify(&json!("invalid"));
                continue;
            }
            *nonce += 1;
            if outcome.is_ok() {
                serve::apply(&mut view, number, &signed.signer, &signed.call);
            }
            let place = extrinsics.len() as u32;
            events.extend(events::executed(&runtime, place, &signed.signer, &signed.call, outcome));
            extrinsics.push(waiting.bytes.clone());
            included.push(waiting);
        }
        nonces.retain(|_, nonce| *nonce > 0);
        let hash = header_hash(&parent, number, &extrinsics);
        let block = Block {
            number,
            hash,
            parent,
            timestamp_ms: now_ms,
            events: events::encoded(&runtime, events).unwrap_or_default(),
            runtime,
            view: Arc::new(view),
            nonces: Arc::new(nonces),
            extrinsics,
            storage: OnceLock::new(),
        };
        self.blocks.push_back(block);
        if self.blocks.len() > MAX_BLOCKS {
            self.blocks.pop_front();
        }
        for waiting in included {
            waiting.notify_included(hash);
        }
    }

    /// The nonce that an account's next extrinsic should have.
    pub(super) fn next_nonce(&self, account: &Account) -> u32 {
        self.pool.next_nonce(account, self.best().nonce(account))
    }
}

fn check(runtime: &Loaded, view: &ChainView, number: u64, signed: &Signed) -> Result<(), Refusal> {
    serve::check(view, number, &signed.signer, &signed.call, runtime.refuses_in_pool)
}
