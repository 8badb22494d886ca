//! Blocks: what each holds, and how the next one is made.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use blake2::{Blake2b256, Digest};
use serde_json::{Value, json};
use subxt::ext::codec::{Compact, Encode};

use super::runtime::{Loaded, hex};
use super::storage::Entries;
use crate::domain::ChainView;

pub(super) type Hash = [u8; 32];
pub(super) type Account = [u8; 32];

pub(super) fn blake2_256(bytes: &[u8]) -> Hash {
    Blake2b256::digest(bytes).into()
}

/// One block, and the state after it.
pub(super) struct Block {
    pub(super) number: u64,
    pub(super) hash: Hash,
    pub(super) parent: Hash,
    pub(super) timestamp_ms: u64,
    pub(super) runtime: Arc<Loaded>,
    pub(super) view: Arc<ChainView>,
    /// How many extrinsics each account has had executed.
    pub(super) nonces: Arc<HashMap<Account, u32>>,
    pub(super) extrinsics: Vec<Vec<u8>>,
    /// SCALE, as `System.Events` holds them.
    pub(super) events: Vec<u8>,
    /// Made when somebody reads it.
    pub(super) storage: OnceLock<Entries>,
}

impl Block {
    pub(super) fn nonce(&self, account: &Account) -> u32 {
        self.nonces.get(account).copied().unwrap_or(0)
    }

    /// As `chain_getHeader` answers it. There is no trie, so there is no root of the state.
    pub(super) fn header(&self) -> Value {
        json!({
            "parentHash": hex(self.parent),
            "number": format!("{:#x}", self.number),
            "stateRoot": hex([0; 32]),
            "extrinsicsRoot": hex(extrinsics_root(&self.extrinsics)),
            "digest": {"logs": []},
        })
    }

    /// As `chain_getBlock` answers it.
    pub(super) fn body(&self) -> Value {
        let extrinsics: Vec<_> = self.extrinsics.iter().map(hex).collect();
        json!({"block": {"header": self.header(), "extrinsics": extrinsics}, "justifications": null})
    }
}

/// The hash that a client computes of the header.
pub(super) fn header_hash(parent: &Hash, number: u64, extrinsics: &[Vec<u8>]) -> Hash {
    let no_logs = Compact(0_u32);
    blake2_256(&(parent, Compact(number), [0_u8; 32], extrinsics_root(extrinsics), no_logs).encode())
}

/// Differs as the extrinsics do; the real chain's is the root of a trie.
fn extrinsics_root(extrinsics: &[Vec<u8>]) -> Hash {
    blake2_256(&extrinsics.encode())
}

/// The unsigned extrinsic with which every block sets its time.
pub(super) fn time_extrinsic(runtime: &Loaded, now_ms: u64) -> Option<Vec<u8>> {
    let pallet = runtime.metadata.pallet_by_name("Timestamp")?;
    let set = pallet.call_variant_by_name("set")?;
    let body = (4_u8, pallet.call_index(), set.index, Compact(now_ms)).encode();
    Some(body.encode())
}
