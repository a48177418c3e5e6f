// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

import { DataRegistry } from "./DataRegistry.sol";

/// What a user signs, exactly as the call carries it.
struct ServerFilesAndPermissionInput {
    uint256 nonce;
    uint256 granteeId;
    string grant;
    string[] fileUrls;
    uint256[] schemaIds;
    address serverAddress;
    string serverUrl;
    string serverPublicKey;
    DataRegistry.Permission[][] filePermissions;
}

error ECDSAInvalidSignature();
error ECDSAInvalidSignatureLength(uint256 length);
error ECDSAInvalidSignatureS(bytes32 s);

bytes32 constant DOMAIN_TYPE = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
);
bytes32 constant DOMAIN_NAME = keccak256("VanaDataPortabilityPermissions");
bytes32 constant DOMAIN_VERSION = keccak256("1");
bytes32 constant PERMISSION_TYPE = keccak256("Permission(address account,string key)");
bytes32 constant INPUT_TYPE = keccak256(
    "ServerFilesAndPermission(uint256 nonce,uint256 granteeId,string grant,string[] fileUrls,"
    "uint256[] schemaIds,address serverAddress,string serverUrl,string serverPublicKey,"
    "Permission[][] filePermissions)Permission(address account,string key)"
);

// Half the order of secp256k1, rounded down: an s above it is the other form of a valid one.
uint256 constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

/// EIP-712 digests and the recovery of who signed them.
library Signatures {
    /// The digest a user signs for `verifyingContract` on this chain.
    function digest(ServerFilesAndPermissionInput calldata input, address verifyingContract)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, block.chainid, verifyingContract
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, _hashInput(input)));
    }

    /// The address whose key made `signature`: 65 octets, low s, v 27 or 28.
    ///
    /// A signature over anything else recovers another address; that is not noticed here.
    function recover(bytes32 hash, bytes calldata signature) internal pure returns (address) {
        if (signature.length != 65) revert ECDSAInvalidSignatureLength(signature.length);
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        if (uint256(s) > HALF_ORDER) revert ECDSAInvalidSignatureS(s);
        address signer = ecrecover(hash, uint8(signature[64]), r, s);
        if (signer == address(0)) revert ECDSAInvalidSignature();
        return signer;
    }

    function _hashInput(ServerFilesAndPermissionInput calldata input)
        private
        pure
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                INPUT_TYPE,
                input.nonce,
                input.granteeId,
                keccak256(bytes(input.grant)),
                _hashTexts(input.fileUrls),
                keccak256(abi.encodePacked(input.schemaIds)),
                input.serverAddress,
                keccak256(bytes(input.serverUrl)),
                keccak256(bytes(input.serverPublicKey)),
                _hashAllPermissions(input.filePermissions)
            )
        );
    }

    function _hashTexts(string[] calldata texts) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](texts.length);
        for (uint256 i = 0; i < texts.length; ++i) {
            hashes[i] = keccak256(bytes(texts[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashAllPermissions(DataRegistry.Permission[][] calldata perFile)
        private
        pure
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](perFile.length);
        for (uint256 i = 0; i < perFile.length; ++i) {
            hashes[i] = _hashPermissions(perFile[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashPermissions(DataRegistry.Permission[] calldata permissions)
        private
        pure
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](permissions.length);
        for (uint256 i = 0; i < permissions.length; ++i) {
            bytes32 keyHash = keccak256(bytes(permissions[i].key));
            hashes[i] = keccak256(abi.encode(PERMISSION_TYPE, permissions[i].account, keyHash));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
