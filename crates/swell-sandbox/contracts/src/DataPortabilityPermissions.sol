// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

import { GRANTEES, REGISTRY, SERVERS } from "./Addresses.sol";
import { DataPortabilityGrantees } from "./DataPortabilityGrantees.sol";
import { DataPortabilityServers } from "./DataPortabilityServers.sol";
import { DataRegistry } from "./DataRegistry.sol";
import { IdSet } from "./IdSet.sol";
import { ServerFilesAndPermissionInput, Signatures } from "./Signatures.sol";

/// What users allow applications to do with their files.
///
/// The order of the checks is part of the behaviour: it decides which error a caller sees.
contract DataPortabilityPermissions {
    struct PermissionInfo {
        uint256 id;
        address grantor;
        uint256 nonce;
        uint256 granteeId;
        string grant;
        uint256 startBlock;
        uint256 endBlock;
        uint256[] fileIds;
    }

    struct Permission {
        address grantor;
        uint256 nonce;
        uint256 granteeId;
        string grant;
        uint256 startBlock;
        uint256 endBlock;
        IdSet files;
    }

    struct User {
        uint256 nonce;
        IdSet permissions;
    }

    event PermissionAdded(
        uint256 indexed permissionId,
        address indexed user,
        uint256 indexed granteeId,
        string grant,
        uint256[] fileIds
    );

    error InvalidNonce(uint256 expectedNonce, uint256 providedNonce);
    error InvalidSchemaIdsLength(uint256 filesLength, uint256 schemaIdsLength);
    error InvalidPermissionsLength(uint256 filesLength, uint256 permissionsLength);
    error NotFileOwner(address fileOwner, address requestor);
    error EmptyGrant();
    error GranteeNotFound();

    DataPortabilityGrantees public constant dataPortabilityGrantees =
        DataPortabilityGrantees(GRANTEES);
    DataPortabilityServers public constant dataPortabilityServers =
        DataPortabilityServers(SERVERS);
    DataRegistry public constant dataRegistry = DataRegistry(REGISTRY);

    uint256 public permissionsCount;
    mapping(uint256 permissionId => Permission) private _permissions;
    mapping(address user => User) private _users;
    mapping(uint256 fileId => IdSet) private _permissionsOfFile;

    /// Registers a server, files and a permission for whoever signed `input`.
    function addServerFilesAndPermissions(
        ServerFilesAndPermissionInput calldata input,
        bytes calldata signature
    ) external returns (uint256) {
        address signer = Signatures.recover(Signatures.digest(input, address(this)), signature);
        _spendNonce(signer, input.nonce);
        _checkLengths(input);
        _trustServer(signer, input);
        uint256[] memory fileIds = _addFiles(signer, input);
        return _addPermission(signer, input, fileIds);
    }

    function userNonce(address user) external view returns (uint256) {
        return _users[user].nonce;
    }

    function permissions(uint256 permissionId) external view returns (PermissionInfo memory) {
        Permission storage permission = _permissions[permissionId];
        return PermissionInfo(
            permissionId,
            permission.grantor,
            permission.nonce,
            permission.granteeId,
            permission.grant,
            permission.startBlock,
            permission.endBlock,
            permission.files.ids
        );
    }

    function _spendNonce(address signer, uint256 provided) private {
        uint256 expected = _users[signer].nonce;
        if (provided != expected) revert InvalidNonce(expected, provided);
        _users[signer].nonce = expected + 1;
    }

    function _checkLengths(ServerFilesAndPermissionInput calldata input) private pure {
        uint256 files = input.fileUrls.length;
        if (input.schemaIds.length != files) {
            revert InvalidSchemaIdsLength(files, input.schemaIds.length);
        }
        if (input.filePermissions.length != files) {
            revert InvalidPermissionsLength(files, input.filePermissions.length);
        }
    }

    /// A known server is only trusted: the URL and key of this call are not looked at.
    function _trustServer(address signer, ServerFilesAndPermissionInput calldata input) private {
        uint256 serverId = dataPortabilityServers.serverAddressToId(input.serverAddress);
        if (serverId != 0) {
            dataPortabilityServers.trustServerByManager(signer, serverId);
            return;
        }
        dataPortabilityServers.addAndTrustServerByManager(
            signer,
            DataPortabilityServers.AddServerInput(
                input.serverAddress, input.serverPublicKey, input.serverUrl
            )
        );
    }

    function _addFiles(address signer, ServerFilesAndPermissionInput calldata input)
        private
        returns (uint256[] memory fileIds)
    {
        fileIds = new uint256[](input.fileUrls.length);
        for (uint256 i = 0; i < fileIds.length; ++i) {
            fileIds[i] = _addFile(
                signer, input.fileUrls[i], input.filePermissions[i], input.schemaIds[i]
            );
        }
    }

    function _addFile(
        address signer,
        string calldata url,
        DataRegistry.Permission[] calldata filePermissions,
        uint256 schemaId
    ) private returns (uint256 fileId) {
        fileId = dataRegistry.fileIdByUrl(url);
        if (fileId == 0) {
            return dataRegistry.addFileWithPermissionsAndSchema(
                url, signer, filePermissions, schemaId
            );
        }
        address owner = dataRegistry.files(fileId).ownerAddress;
        if (owner != signer) revert NotFileOwner(owner, signer);
        dataRegistry.addFilePermissionsAndSchema(fileId, filePermissions, schemaId);
    }

    function _addPermission(
        address signer,
        ServerFilesAndPermissionInput calldata input,
        uint256[] memory fileIds
    ) private returns (uint256 permissionId) {
        if (bytes(input.grant).length == 0) revert EmptyGrant();
        if (input.granteeId == 0 || input.granteeId > dataPortabilityGrantees.granteesCount()) {
            revert GranteeNotFound();
        }

        permissionId = ++permissionsCount;
        Permission storage permission = _permissions[permissionId];
        permission.grantor = signer;
        permission.nonce = input.nonce;
        permission.granteeId = input.granteeId;
        permission.grant = input.grant;
        permission.startBlock = block.number;
        permission.endBlock = type(uint256).max;
        for (uint256 i = 0; i < fileIds.length; ++i) {
            permission.files.add(fileIds[i]);
            _permissionsOfFile[fileIds[i]].add(permissionId);
        }
        _users[signer].permissions.add(permissionId);
        dataPortabilityGrantees.addPermissionToGrantee(input.granteeId, permissionId);

        emit PermissionAdded(permissionId, signer, input.granteeId, input.grant, fileIds);
    }
}
