//! What is submitted, taken apart again by a decoder that shares nothing with the encoder but the metadata.

use subxt::client::OfflineClient;
use subxt::config::DefaultExtrinsicParamsBuilder;
use subxt::config::substrate::{SpecVersionForRange, SubstrateConfig, SubstrateConfigBuilder};
use subxt::ext::frame_decode::extrinsics::decode_extrinsic;
use subxt::metadata::ArcMetadata;
use subxt::utils::H256;

use super::metadata;
use crate::chain::runtime::Runtime;
use crate::chain::serve::{OnChain, call, params};
use crate::domain::Advertised;
use crate::keys::Signer;

/// The call of a recorded registration of 8.8.8.8:8091 on subnet 2, with the version that we write: 10,005,000.
const CALL: &str = "07040200\
                    08aa9800\
                    08080808000000000000000000000000\
                    9b1f\
                    04\
                    04\
                    00\
                    00";

fn encoded(metadata: &ArcMetadata, spec_version: u32, ip: &str) -> Vec<u8> {
    let version = SpecVersionForRange { block_range: 0..u64::MAX, spec_version, transaction_version: 1 };
    let config: SubstrateConfig = SubstrateConfigBuilder::new()
        .set_genesis_hash(H256([0x45; 32]))
        .set_metadata_for_spec_versions([(spec_version, metadata.clone())])
        .set_spec_version_for_block_ranges([version])
        .build();
    let at = OfflineClient::new_with_config(config).at_block(31_u64).expect("its metadata is there");
    let ours = Advertised { ip: ip.parse().expect("an address"), port: 8_091 };
    let (registration, signer) = (call(2, ours), Signer::from_seed(&[7; 32]));
    let mortal = DefaultExtrinsicParamsBuilder::new().mortal_from_unchecked(64, 31, H256([0x31; 32]));
    let mut signable = at
        .transactions()
        .create_signable_offline(&registration, params(Runtime(metadata), mortal))
        .expect("it can be written");
    signable.sign(&OnChain(&signer)).expect("signed").into_encoded()
}

#[test]
fn a_registration_is_right_to_the_byte_on_every_runtime() {
    for (types, spec_version) in
        [("218_v15", 218), ("293_v15", 293), ("mainnet343_v15", 343), ("finney365_v16", 365), ("head_like_v15", 425)]
    {
        let metadata = ArcMetadata::from(metadata(types));
        let bytes = encoded(&metadata, spec_version, "8.8.8.8");
        let decoded = decode_extrinsic(&mut bytes.as_slice(), &*metadata, metadata.types()).expect(types);
        assert_eq!((decoded.pallet_name(), decoded.call_name()), ("SubtensorModule", "serve_axon"), "{types}");
        assert_eq!(hex::encode(&bytes[decoded.call_data_range()]), CALL, "{types}");
        let signature = decoded.signature_payload().expect("signed");
        // MultiAddress::Id and the key; MultiSignature::Sr25519 and 64 bytes.
        let mut address = vec![0];
        address.extend(Signer::from_seed(&[7; 32]).hotkey().bytes());
        assert_eq!(bytes[signature.address_range()], address, "{types}");
        assert_eq!((bytes[signature.signature_range()][0], signature.signature_range().len()), (1, 65), "{types}");
        let extensions = decoded.transaction_extension_payload().expect("it has some");
        let values: Vec<_> = extensions
            .iter()
            .filter(|extension| !extension.range().is_empty())
            .map(|extension| (extension.name().to_owned(), hex::encode(&bytes[extension.range()])))
            .collect();
        // Mortality and nonce differ from one to the next; the tip and the metadata's hash are nothing, always.
        let fixed: Vec<_> =
            values.iter().filter(|(name, _)| name != "CheckMortality" && name != "CheckNonce").cloned().collect();
        let payment =
            if types.starts_with("head") { "ChargeTransactionPaymentWrapper" } else { "ChargeTransactionPayment" };
        let expected = [(payment, "00"), ("CheckMetadataHash", "00")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(fixed, expected, "{types}");
    }
}

#[test]
fn an_address_of_ipv6_is_written_as_one() {
    let metadata = ArcMetadata::from(metadata("293_v15"));
    let bytes = encoded(&metadata, 293, "2606:4700::1111");
    let decoded = decode_extrinsic(&mut bytes.as_slice(), &*metadata, metadata.types()).expect("decoded");
    let call = hex::encode(&bytes[decoded.call_data_range()]);
    assert_eq!(&call[16..48], "11110000000000000000000000470626", "little-endian, as an integer");
    assert_eq!(&call[52..54], "06");
}
