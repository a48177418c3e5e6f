//! The contracts' functions, events and errors.
//!
//! One interface per contract, because `NotFileOwner` exists twice with different arguments and
//! because an event counts only when the right contract emitted it.

use alloy_sol_types::sol;

sol! {
    /// Who may read a file, and the file's password encrypted to that account.
    #[derive(Debug, PartialEq, Eq)]
    struct Permission {
        address account;
        string key;
    }

    /// What a user signs: a server, files, who may read them and what for.
    #[derive(Debug, PartialEq, Eq)]
    struct ServerFilesAndPermission {
        uint256 nonce;
        uint256 granteeId;
        string grant;
        string[] fileUrls;
        uint256[] schemaIds;
        address serverAddress;
        string serverUrl;
        string serverPublicKey;
        Permission[][] filePermissions;
    }

    /// A stored permission.
    #[derive(Debug, PartialEq, Eq)]
    struct PermissionRecord {
        uint256 id;
        address grantor;
        uint256 nonce;
        uint256 granteeId;
        string grant;
        uint256 startBlock;
        uint256 endBlock;
        uint256[] fileIds;
    }

    /// A registered grantee with every permission ever granted to it.
    #[derive(Debug, PartialEq, Eq)]
    struct GranteeRecord {
        address owner;
        address granteeAddress;
        string publicKey;
        uint256[] permissionIds;
    }

    /// A registered grantee, in a form whose size stays the same.
    #[derive(Debug, PartialEq, Eq)]
    struct GranteeRecordV2 {
        address owner;
        address granteeAddress;
        string publicKey;
        uint256 permissionsCount;
    }

    /// A registered file.
    #[derive(Debug, PartialEq, Eq)]
    struct FileRecord {
        uint256 id;
        address ownerAddress;
        string url;
        uint256 schemaId;
        uint256 addedAtBlock;
    }

    /// A registered personal server.
    #[derive(Debug, PartialEq, Eq)]
    struct ServerRecord {
        uint256 id;
        address owner;
        address serverAddress;
        string publicKey;
        string url;
    }

    /// A registered schema. One that is not registered has no URL.
    #[derive(Debug, PartialEq, Eq)]
    struct SchemaRecord {
        string name;
        string dialect;
        string definitionUrl;
    }

    /// One call of a batch.
    #[derive(Debug, PartialEq, Eq)]
    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    /// What became of one call of a batch.
    #[derive(Debug, PartialEq, Eq)]
    struct CallResult {
        bool success;
        bytes returnData;
    }

    /// `DataPortabilityPermissions`.
    #[derive(Debug, PartialEq, Eq)]
    interface DataPortabilityPermissions {
        function addServerFilesAndPermissions(ServerFilesAndPermission serverFilesAndPermissionInput, bytes signature) external returns (uint256);
        function userNonce(address userAddress) external view returns (uint256);
        function permissions(uint256 permissionId) external view returns (PermissionRecord memory);
        function permissionsCount() external view returns (uint256);
        function dataPortabilityServers() external view returns (address);

        event PermissionAdded(uint256 indexed permissionId, address indexed user, uint256 indexed granteeId, string grant, uint256[] fileIds);

        error InvalidNonce(uint256 expectedNonce, uint256 providedNonce);
        error GranteeNotFound();
        error EmptyGrant();
        error ZeroAddress();
        error NotFileOwner(address fileOwner, address requestor);
        error InvalidPermissionsLength(uint256 filesLength, uint256 permissionsLength);
        error InvalidSchemaIdsLength(uint256 filesLength, uint256 schemaIdsLength);
        error EnforcedPause();
        error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
        error ECDSAInvalidSignature();
        error ECDSAInvalidSignatureLength(uint256 length);
        error ECDSAInvalidSignatureS(bytes32 s);
        error InvalidSignature();
        error InactivePermission(uint256 permissionId);
        error NotPermissionGrantor(address permissionOwner, address requestor);
    }

    /// `DataPortabilityGrantees`.
    #[derive(Debug, PartialEq, Eq)]
    interface DataPortabilityGrantees {
        function grantees(uint256 granteeId) external view returns (GranteeRecord memory);
        function granteesV2(uint256 granteeId) external view returns (GranteeRecordV2 memory);
        function granteesCount() external view returns (uint256);
        function granteeAddressToId(address granteeAddress) external view returns (uint256);
        function registerGrantee(address owner, address granteeAddress, string publicKey) external returns (uint256);

        event GranteeRegistered(uint256 indexed granteeId, address indexed owner, address indexed granteeAddress, string publicKey);

        error GranteeAlreadyRegistered();
        error UnauthorizedRegistration();
    }

    /// `DataPortabilityServers`.
    #[derive(Debug, PartialEq, Eq)]
    interface DataPortabilityServers {
        function servers(uint256 serverId) external view returns (ServerRecord memory);
        function serverAddressToId(address serverAddress) external view returns (uint256);

        event ServerRegistered(uint256 indexed serverId, address indexed owner, address indexed serverAddress, string publicKey, string url);
        event ServerTrusted(address indexed user, uint256 indexed serverId);

        error EmptyUrl();
        error EmptyPublicKey();
        error ServerAlreadyRegistered();
        error ServerNotFound();
    }

    /// `DataRegistry`.
    #[derive(Debug, PartialEq, Eq)]
    interface DataRegistry {
        function files(uint256 fileId) external view returns (FileRecord memory);
        function fileIdByUrl(string url) external view returns (uint256);
        function filePermissions(uint256 fileId, address account) external view returns (string memory);

        event FileAdded(uint256 indexed fileId, address indexed ownerAddress, string url);
        event FileAddedV2(uint256 indexed fileId, address indexed ownerAddress, string url, uint256 schemaId);
        event PermissionGranted(uint256 indexed fileId, address indexed account);

        error NotFileOwner();
        error FileUrlAlreadyUsed();
        error InvalidSchemaId(uint256 schemaId);
    }

    /// `DataRefinerRegistry`, as far as it knows schemas.
    #[derive(Debug, PartialEq, Eq)]
    interface DataRefinerRegistry {
        function schemas(uint256 schemaId) external view returns (SchemaRecord memory);
        function schemasCount() external view returns (uint256);
        function isValidSchemaId(uint256 schemaId) external view returns (bool);
        function addSchema(string name, string dialect, string definitionUrl) external returns (uint256);

        event SchemaAdded(uint256 indexed schemaId, string name, string dialect, string definitionUrl);

        error InvalidSchemaId(uint256 schemaId);
    }

    /// `Multicall3`.
    #[derive(Debug, PartialEq, Eq)]
    interface Multicall3 {
        function aggregate3Value(Call3Value[] calls) external payable returns (CallResult[] memory returnData);
    }
}
