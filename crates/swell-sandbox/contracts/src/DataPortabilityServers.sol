// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

import { onlyPermissionManager } from "./Addresses.sol";
import { IdSet } from "./IdSet.sol";

/// Personal servers, and who trusts which.
contract DataPortabilityServers {
    struct AddServerInput {
        address serverAddress;
        string publicKey;
        string serverUrl;
    }

    struct ServerInfo {
        uint256 id;
        address owner;
        address serverAddress;
        string publicKey;
        string url;
    }

    struct Server {
        address owner;
        address serverAddress;
        string publicKey;
        string url;
    }

    /// From when until when, in blocks, a user trusts a server.
    struct Trust {
        uint256 startBlock;
        uint256 endBlock;
    }

    struct User {
        IdSet servers;
        mapping(uint256 serverId => Trust) trust;
    }

    event ServerRegistered(
        uint256 indexed serverId,
        address indexed owner,
        address indexed serverAddress,
        string publicKey,
        string url
    );
    event ServerTrusted(address indexed user, uint256 indexed serverId);

    error ZeroAddress();
    error EmptyUrl();
    error EmptyPublicKey();
    error ServerAlreadyRegistered();
    error ServerNotFound();

    uint256 public serversCount;
    mapping(uint256 serverId => Server) private _servers;
    mapping(address serverAddress => uint256) public serverAddressToId;
    mapping(address user => User) private _users;

    /// Registers a server that `owner` owns and trusts from now on.
    function addAndTrustServerByManager(address owner, AddServerInput calldata input) external {
        onlyPermissionManager(msg.sender);
        _trust(owner, _register(owner, input));
    }

    /// Makes `user` trust a registered server.
    function trustServerByManager(address user, uint256 serverId) external {
        onlyPermissionManager(msg.sender);
        _trust(user, serverId);
    }

    function servers(uint256 serverId) external view returns (ServerInfo memory) {
        Server storage server = _servers[serverId];
        return ServerInfo(
            serverId, server.owner, server.serverAddress, server.publicKey, server.url
        );
    }

    function _register(address owner, AddServerInput calldata input)
        private
        returns (uint256 serverId)
    {
        if (owner == address(0) || input.serverAddress == address(0)) revert ZeroAddress();
        if (bytes(input.serverUrl).length == 0) revert EmptyUrl();
        if (bytes(input.publicKey).length == 0) revert EmptyPublicKey();
        if (serverAddressToId[input.serverAddress] != 0) revert ServerAlreadyRegistered();

        serverId = ++serversCount;
        serverAddressToId[input.serverAddress] = serverId;
        Server storage server = _servers[serverId];
        server.owner = owner;
        server.serverAddress = input.serverAddress;
        server.publicKey = input.publicKey;
        server.url = input.serverUrl;
        emit ServerRegistered(
            serverId, owner, input.serverAddress, input.publicKey, input.serverUrl
        );
    }

    function _trust(address user, uint256 serverId) private {
        if (serverId == 0 || serverId > serversCount) revert ServerNotFound();
        _users[user].servers.add(serverId);
        _users[user].trust[serverId] = Trust(block.number, type(uint256).max);
        emit ServerTrusted(user, serverId);
    }
}
