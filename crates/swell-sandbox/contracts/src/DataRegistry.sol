// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

import { PERMISSIONS, SCHEMAS } from "./Addresses.sol";

interface ISchemas {
    function isValidSchemaId(uint256 schemaId) external view returns (bool);
}

/// Files by URL, and the keys that open them.
contract DataRegistry {
    struct Permission {
        address account;
        string key;
    }

    struct FileResponse {
        uint256 id;
        address ownerAddress;
        string url;
        uint256 schemaId;
        uint256 addedAtBlock;
    }

    struct File {
        address owner;
        string url;
        uint256 schemaId;
        uint256 addedAtBlock;
        mapping(address account => string) keys;
    }

    event FileAdded(uint256 indexed fileId, address indexed ownerAddress, string url);
    event FileAddedV2(
        uint256 indexed fileId, address indexed ownerAddress, string url, uint256 schemaId
    );
    event PermissionGranted(uint256 indexed fileId, address indexed account);

    error NotFileOwner();
    error FileUrlAlreadyUsed();
    error InvalidSchemaId(uint256 schemaId);

    uint256 public filesCount;
    mapping(uint256 fileId => File) private _files;
    /// The whole URL, query included, is a file's identity.
    mapping(bytes32 urlHash => uint256 fileId) private _idByUrlHash;

    /// Registers a URL for `ownerAddress`, with who may read it.
    function addFileWithPermissionsAndSchema(
        string calldata url,
        address ownerAddress,
        Permission[] calldata permissions,
        uint256 schemaId
    ) external returns (uint256 fileId) {
        bytes32 urlHash = keccak256(bytes(url));
        if (_idByUrlHash[urlHash] != 0) revert FileUrlAlreadyUsed();
        _checkSchema(schemaId);

        fileId = ++filesCount;
        _idByUrlHash[urlHash] = fileId;
        File storage file = _files[fileId];
        file.owner = ownerAddress;
        file.url = url;
        file.addedAtBlock = block.number;
        if (schemaId != 0) file.schemaId = schemaId;

        emit FileAdded(fileId, ownerAddress, url);
        emit FileAddedV2(fileId, ownerAddress, url, schemaId);
        _grant(fileId, permissions);
    }

    /// Overwrites the keys and the schema of a known file.
    function addFilePermissionsAndSchema(
        uint256 fileId,
        Permission[] calldata permissions,
        uint256 schemaId
    ) external {
        File storage file = _files[fileId];
        if (msg.sender != PERMISSIONS && msg.sender != file.owner) revert NotFileOwner();
        _checkSchema(schemaId);
        file.schemaId = schemaId;
        _grant(fileId, permissions);
    }

    function files(uint256 fileId) external view returns (FileResponse memory) {
        File storage file = _files[fileId];
        return FileResponse(fileId, file.owner, file.url, file.schemaId, file.addedAtBlock);
    }

    function fileIdByUrl(string calldata url) external view returns (uint256) {
        return _idByUrlHash[keccak256(bytes(url))];
    }

    function filePermissions(uint256 fileId, address account)
        external
        view
        returns (string memory)
    {
        return _files[fileId].keys[account];
    }

    function _grant(uint256 fileId, Permission[] calldata permissions) private {
        mapping(address => string) storage keys = _files[fileId].keys;
        for (uint256 i = 0; i < permissions.length; ++i) {
            keys[permissions[i].account] = permissions[i].key;
            emit PermissionGranted(fileId, permissions[i].account);
        }
    }

    /// 0 is "no schema"; any other must be registered.
    function _checkSchema(uint256 schemaId) private view {
        if (schemaId != 0 && !ISchemas(SCHEMAS).isValidSchemaId(schemaId)) {
            revert InvalidSchemaId(schemaId);
        }
    }
}
