// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

// Where the contracts live: the addresses they have on Vana's public chains. Each of ours finds
// the others here, so that code placed at genesis needs neither constructor nor set-up transaction.

address constant PERMISSIONS = 0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF;
address constant GRANTEES = 0x8325C0A0948483EdA023A1A2Fd895e62C5131234;
address constant SERVERS = 0x1483B1F634DBA75AeaE60da7f01A679aabd5ee2c;
address constant REGISTRY = 0x8C8788f98385F6ba1adD4234e551ABba0f82Cb7C;
address constant SCHEMAS = 0x93c3EF89369fDcf08Be159D9DeF0F18AB6Be008c;

// The role the permissions contract holds on the grantees and servers contracts.
bytes32 constant PERMISSION_MANAGER_ROLE = keccak256("PERMISSION_MANAGER_ROLE");

/// The caller lacks a role.
error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);

/// Refuses every caller but the permissions contract, the only holder of the role.
function onlyPermissionManager(address caller) pure {
    if (caller != PERMISSIONS) {
        revert AccessControlUnauthorizedAccount(caller, PERMISSION_MANAGER_ROLE);
    }
}
