//! `state_call`: the runtime APIs that the node executes. Which there are is for the metadata to say.

use subxt::ext::codec::{Decode, Encode};

use super::block::{Account, Block};
use super::chain::Chain;
use super::encode::{Data, Misfit};
use super::extrinsic::{Invalid, Refused, Signed};
use super::metagraph::{metagraph, selective_metagraph};
use super::rpc::Failure;

/// Milliseconds a block takes where the state does not tell.
const BLOCK_TIME_MS: u64 = 12_000;

/// What the runtime answers to `function` with these arguments.
pub(super) fn state_call(chain: &Chain, block: &Block, function: &str, arguments: &[u8]) -> Result<Vec<u8>, Failure> {
    let runtime = &block.runtime;
    let unknown = || Failure::client(&format!("Execution failed: Other: Exported method {function} is not found"));
    let (api, method) = function.split_once('_').ok_or_else(unknown)?;
    let output = runtime.api_output(api, method).ok_or_else(unknown)?;
    let rest = &mut &*arguments;
    let data = match function {
        "Core_version" => return Ok(runtime.version_bytes()),
        "Metadata_metadata" => return Ok(runtime.metadata_bytes.encode()),
        "Metadata_metadata_versions" => Data::numbers([runtime.metadata_version()].into_iter()),
        "Metadata_metadata_at_version" => {
            let known = argument::<u32>(rest)? == runtime.metadata_version();
            option(known.then(|| Data::Bytes(runtime.metadata_bytes.clone())))
        }
        "AccountNonceApi_account_nonce" => Data::Number(block.nonce(&argument::<Account>(rest)?).into()),
        "AuraApi_slot_duration" => Data::Number(block.view.block_time_ms.unwrap_or(BLOCK_TIME_MS).into()),
        "SubnetInfoRuntimeApi_get_metagraph" => {
            let ours = argument::<u16>(rest)? == block.view.netuid;
            option(ours.then(|| metagraph(block)))
        }
        "SubnetInfoRuntimeApi_get_selective_metagraph" => {
            let (netuid, indexes) = argument::<(u16, Vec<u16>)>(rest)?;
            option((netuid == block.view.netuid).then(|| selective_metagraph(block, output, &indexes)))
        }
        "TaggedTransactionQueue_validate_transaction" => validity(chain, block, arguments)?,
        _ => return Err(Failure::new(-32_603, format!("Internal error: devnet's node does not execute {function}"))),
    };
    let answer = runtime.api_answer(api, method, &data).ok_or_else(unknown)?;
    answer.map_err(|misfit: Misfit| Failure::new(-32_603, format!("Internal error: {function}: {misfit}")))
}

fn argument<T: Decode>(rest: &mut &[u8]) -> Result<T, Failure> {
    T::decode(rest).map_err(|_| Failure::client("Execution failed: Runtime panicked: Bad input data"))
}

fn option(data: Option<Data>) -> Data {
    data.map_or_else(|| Data::variant("None", vec![]), Data::some)
}

/// Of source, extrinsic and block hash: whether the pool would take it.
fn validity(chain: &Chain, block: &Block, arguments: &[u8]) -> Result<Data, Failure> {
    let extrinsic = arguments.get(1..arguments.len().saturating_sub(32)).ok_or_else(Failure::invalid_params)?;
    Ok(match chain.validate(extrinsic, block) {
        Ok(signed) => Data::variant("Ok", vec![valid(block, &signed)]),
        Err(Refused::Invalid(invalid)) => refused(invalid),
        Err(Refused::Undecodable(_)) => refused(Invalid::Call),
    })
}

fn refused(invalid: Invalid) -> Data {
    Data::variant("Err", vec![Data::variant("Invalid", vec![invalid.data()])])
}

/// `ValidTransaction`: what it needs and gives is told by account and nonce.
fn valid(block: &Block, signed: &Signed) -> Data {
    let tag = |nonce: u32| Data::Bytes((signed.signer, nonce).encode());
    let early = signed.nonce > block.nonce(&signed.signer);
    let requires = if early { vec![tag(signed.nonce - 1)] } else { vec![] };
    let longevity = signed.dies_block.saturating_sub(block.number + 1);
    Data::Fields(vec![
        ("priority", Data::Number(u64::MAX.into())),
        ("requires", Data::List(requires)),
        ("provides", Data::List(vec![tag(signed.nonce)])),
        ("longevity", Data::Number(longevity.into())),
        ("propagate", Data::Number(1)),
    ])
}
