// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

import { onlyPermissionManager } from "./Addresses.sol";
import { IdSet } from "./IdSet.sol";

/// Applications that permissions are granted to.
///
/// Grantee 1 may be written at genesis: `granteesCount` is slot 0, `_grantees` slot 1 and
/// `granteeAddressToId` slot 2. Whoever moves them moves the genesis with them.
contract DataPortabilityGrantees {
    struct GranteeInfo {
        address owner;
        address granteeAddress;
        string publicKey;
        uint256[] permissionIds;
    }

    struct GranteeInfoV2 {
        address owner;
        address granteeAddress;
        string publicKey;
        uint256 permissionsCount;
    }

    struct Grantee {
        address owner;
        address granteeAddress;
        string publicKey;
        IdSet permissions;
    }

    event GranteeRegistered(
        uint256 indexed granteeId,
        address indexed owner,
        address indexed granteeAddress,
        string publicKey
    );

    error ZeroAddress();
    error EmptyPublicKey();
    error GranteeAlreadyRegistered();
    error GranteeNotFound();

    uint256 public granteesCount;
    mapping(uint256 granteeId => Grantee) private _grantees;
    mapping(address granteeAddress => uint256) public granteeAddressToId;

    /// Registers an application. Here anybody may.
    function registerGrantee(address owner, address granteeAddress, string calldata publicKey)
        external
        returns (uint256 granteeId)
    {
        if (owner == address(0) || granteeAddress == address(0)) revert ZeroAddress();
        if (bytes(publicKey).length == 0) revert EmptyPublicKey();
        if (granteeAddressToId[granteeAddress] != 0) revert GranteeAlreadyRegistered();

        granteeId = ++granteesCount;
        granteeAddressToId[granteeAddress] = granteeId;
        Grantee storage grantee = _grantees[granteeId];
        grantee.owner = owner;
        grantee.granteeAddress = granteeAddress;
        grantee.publicKey = publicKey;
        emit GranteeRegistered(granteeId, owner, granteeAddress, publicKey);
    }

    /// Notes a permission on its grantee.
    function addPermissionToGrantee(uint256 granteeId, uint256 permissionId) external {
        onlyPermissionManager(msg.sender);
        if (granteeId == 0 || granteeId > granteesCount) revert GranteeNotFound();
        _grantees[granteeId].permissions.add(permissionId);
    }

    /// A grantee with every permission it was ever granted: the cost grows with their number.
    function grantees(uint256 granteeId) external view returns (GranteeInfo memory) {
        Grantee storage grantee = _grantees[granteeId];
        return GranteeInfo(
            grantee.owner, grantee.granteeAddress, grantee.publicKey, grantee.permissions.ids
        );
    }

    /// A grantee with the number of its permissions: constant cost.
    function granteesV2(uint256 granteeId) external view returns (GranteeInfoV2 memory) {
        Grantee storage grantee = _grantees[granteeId];
        return GranteeInfoV2(
            grantee.owner,
            grantee.granteeAddress,
            grantee.publicKey,
            grantee.permissions.ids.length
        );
    }
}
