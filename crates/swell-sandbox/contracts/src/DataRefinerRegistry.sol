// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

/// Schemas by number, as far as files need them.
contract DataRefinerRegistry {
    struct Schema {
        string name;
        string dialect;
        string definitionUrl;
    }

    event SchemaAdded(uint256 indexed schemaId, string name, string dialect, string definitionUrl);

    uint256 public schemasCount;
    mapping(uint256 schemaId => Schema) private _schemas;

    /// Registers a schema. Anyone may.
    function addSchema(
        string calldata name,
        string calldata dialect,
        string calldata definitionUrl
    ) external returns (uint256 schemaId) {
        schemaId = ++schemasCount;
        _schemas[schemaId] = Schema(name, dialect, definitionUrl);
        emit SchemaAdded(schemaId, name, dialect, definitionUrl);
    }

    /// Empty texts for a number that is not registered.
    function schemas(uint256 schemaId) external view returns (Schema memory) {
        return _schemas[schemaId];
    }

    function isValidSchemaId(uint256 schemaId) external view returns (bool) {
        return schemaId != 0 && schemaId <= schemasCount;
    }
}
