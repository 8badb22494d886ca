//! `System.Events` of a block: what became of its extrinsics.

use super::block::Account;
use super::encode::{Data, Misfit, encode};
use super::extrinsic::Call;
use super::runtime::Loaded;
use super::serve::Refusal;

/// Of a call that the runtime gives for free; its weight as recorded.
const CALL_WEIGHT: [u128; 2] = [339_327_000, 0];

/// The events of the block so far: those of the extrinsic that sets the time.
pub(super) fn inherent() -> Vec<Data> {
    let success = Data::variant("ExtrinsicSuccess", vec![info("Mandatory", "Yes")]);
    vec![record(0, Data::variant("System", vec![success]))]
}

/// The events of one executed call, at this place in the block.
pub(super) fn executed(
    runtime: &Loaded,
    place: u32,
    signer: &Account,
    call: &Call,
    outcome: Result<(), Refusal>,
) -> Vec<Data> {
    let account = || Data::Bytes(signer.to_vec());
    let paid = Data::variant("TransactionFeePaid", vec![account(), Data::Absent, Data::Absent]);
    let mut events = vec![Data::variant("TransactionPayment", vec![paid])];
    match outcome {
        Ok(()) => {
            let served = Data::variant("AxonServed", vec![Data::Number(call.netuid.into()), account()]);
            events.insert(0, Data::variant("SubtensorModule", vec![served]));
            let success = Data::variant("ExtrinsicSuccess", vec![info("Normal", "No")]);
            events.push(Data::variant("System", vec![success]));
        }
        Err(refusal) => {
            let failed = vec![dispatch_error(runtime, refusal), info("Normal", "No")];
            events.push(Data::variant("System", vec![Data::variant("ExtrinsicFailed", failed)]));
        }
    }
    events.into_iter().map(|event| record(place, event)).collect()
}

/// As the chain stores them.
pub(super) fn encoded(runtime: &Loaded, events: Vec<Data>) -> Result<Vec<u8>, Misfit> {
    let pallet = runtime.metadata.pallet_by_name("System");
    let entry = pallet.as_ref().and_then(|pallet| pallet.storage()?.entry_by_name("Events"));
    entry.map_or(Ok(vec![0]), |entry| encode(&runtime.metadata, entry.value_ty(), &Data::List(events)))
}

fn record(place: u32, event: Data) -> Data {
    let phase = Data::variant("ApplyExtrinsic", vec![Data::Number(place.into())]);
    Data::Fields(vec![("phase", phase), ("event", event)])
}

fn info(class: &'static str, pays: &'static str) -> Data {
    let [ref_time, proof_size] = CALL_WEIGHT.map(Data::Number);
    Data::Fields(vec![
        ("weight", Data::Fields(vec![("ref_time", ref_time), ("proof_size", proof_size)])),
        ("class", Data::variant(class, vec![])),
        ("pays_fee", Data::variant(pays, vec![])),
    ])
}

/// The pallet's error by the runtime's own numbers; a runtime that lacks it says that something else went wrong.
fn dispatch_error(runtime: &Loaded, refusal: Refusal) -> Data {
    let Some((pallet, error)) = runtime.error(refusal.names()) else { return Data::variant("Other", vec![]) };
    let module =
        Data::Fields(vec![("index", Data::Number(pallet.into())), ("error", Data::Bytes(vec![error, 0, 0, 0]))]);
    Data::Variant("Module", Box::new(Data::List(vec![module])))
}
