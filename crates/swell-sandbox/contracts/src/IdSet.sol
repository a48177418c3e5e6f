// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

/// Ids in the order they came, each once. An addition writes two slots and the length, as the
/// originals do: their gas is what a load test measures.
struct IdSet {
    uint256[] ids;
    /// Place in `ids`, counted from 1; 0 is "not in the set".
    mapping(uint256 id => uint256) placeOf;
}

using { add } for IdSet global;

/// Adds an id, unless it is there.
function add(IdSet storage self, uint256 id) {
    if (self.placeOf[id] != 0) return;
    self.ids.push(id);
    self.placeOf[id] = self.ids.length;
}
