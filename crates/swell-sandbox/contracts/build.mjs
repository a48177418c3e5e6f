// Compiles src/*.sol into bytecode/*.hex, the runtime code the sandbox places at genesis.
//
//   node build.mjs           writes the files
//   node build.mjs --check   compares instead; exits 1 and names what differs
//
// The output depends on the sources and the pinned compiler alone: no metadata hash, no paths.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const bytecodeDir = join(here, "bytecode");
const deployed = [
  "DataPortabilityGrantees",
  "DataPortabilityPermissions",
  "DataPortabilityServers",
  "DataRefinerRegistry",
  "DataRegistry",
  "Multicall3",
];

function compile() {
  const sources = {};
  for (const name of readdirSync(join(here, "src")).sort()) {
    if (name.endsWith(".sol")) {
      sources[name] = { content: readFileSync(join(here, "src", name), "utf8") };
    }
  }
  const input = {
    language: "Solidity",
    sources,
    settings: {
      evmVersion: "cancun",
      metadata: { appendCBOR: false, bytecodeHash: "none" },
      optimizer: { enabled: true, runs: 1 },
      viaIR: true,
      outputSelection: {
        "*": { "*": ["evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"] },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const problems = output.errors ?? [];
  for (const problem of problems) console.error(problem.formattedMessage);
  if (problems.length > 0) process.exit(1);
  return output.contracts;
}

function runtimeOf(contracts, name) {
  const { object, immutableReferences } = contracts[`${name}.sol`][name].evm.deployedBytecode;
  if (Object.keys(immutableReferences ?? {}).length > 0) {
    console.error(`${name} has immutables: code placed at genesis cannot have any.`);
    process.exit(1);
  }
  return `${object}\n`;
}

const check = process.argv.includes("--check");
const contracts = compile();
const different = [];
mkdirSync(bytecodeDir, { recursive: true });
for (const name of deployed) {
  const path = join(bytecodeDir, `${name}.hex`);
  const hex = runtimeOf(contracts, name);
  if (!check) {
    writeFileSync(path, hex);
    console.log(`${name}: ${(hex.length - 1) / 2} octets`);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== hex) {
    different.push(name);
  }
}
if (different.length > 0) {
  console.error(`Not what the sources compile to: ${different.join(", ")}. Run: node build.mjs`);
  process.exit(1);
}
if (check) console.log(`Bytecode of ${deployed.length} contracts is what the sources compile to.`);
