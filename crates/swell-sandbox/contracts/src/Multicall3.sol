// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.24;

/// Several calls in one transaction.
contract Multicall3 {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    /// Calls each target in turn.
    function aggregate3(Call3[] calldata calls)
        external
        payable
        returns (Result[] memory returnData)
    {
        returnData = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            returnData[i] = _call(calls[i].target, 0, calls[i].callData, calls[i].allowFailure);
        }
    }

    /// Calls each target in turn with a value of its own. The values must add up to the value of
    /// the transaction, so nothing is left behind, except by a call that may fail and does.
    function aggregate3Value(Call3Value[] calldata calls)
        external
        payable
        returns (Result[] memory returnData)
    {
        returnData = new Result[](calls.length);
        uint256 sum = 0;
        for (uint256 i = 0; i < calls.length; ++i) {
            Call3Value calldata call = calls[i];
            sum += call.value;
            returnData[i] = _call(call.target, call.value, call.callData, call.allowFailure);
        }
        require(msg.value == sum, "Multicall3: value mismatch");
    }

    function getEthBalance(address account) external view returns (uint256 balance) {
        return account.balance;
    }

    function getBlockNumber() external view returns (uint256 blockNumber) {
        return block.number;
    }

    function getChainId() external view returns (uint256 chainId) {
        return block.chainid;
    }

    function _call(address target, uint256 value, bytes calldata data, bool allowFailure)
        private
        returns (Result memory result)
    {
        (result.success, result.returnData) = target.call{ value: value }(data);
        require(result.success || allowFailure, "Multicall3: call failed");
    }
}
