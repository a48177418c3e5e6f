// What every script here shares: the target, the wallets, and each step of the flow through the
// published SDK and viem, both unmodified.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createPublicClient, createWalletClient, http } from 'viem';
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';

// The SDK tells everything it does.
for (const level of ['debug', 'info', 'log', 'warn']) console[level] = () => {};
export const say = (text) => process.stdout.write(`${text}\n`);

export const sdk = await import('@opendatalabs/vana-sdk/node');
export const platform = new sdk.NodePlatformAdapter();

// The sandbox's keys are published: accounts of the mnemonic of every development chain.
const MNEMONIC = 'test test test test test test test test test test test junk';
const published = (addressIndex) => mnemonicToAccount(MNEMONIC, { addressIndex });
export const accounts = {
  application: published(2),
  relayer: published(3),
  other: published(4),
  fresh: () => privateKeyToAccount(generatePrivateKey()),
};

/** Reads the few lines of a target file that are needed here. */
export function readTarget(path) {
  const sections = {};
  let section = '';
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const head = /^\[(.+)\]$/.exec(line.trim());
    if (head) section = head[1];
    const pair = /^(\w+)\s*=\s*(.+)$/.exec(line.trim());
    if (pair) sections[`${section}.${pair[1]}`.replace(/^\./, '')] = pair[2];
  }
  const text = (key) => {
    const found = /"([^"]+)"/.exec(sections[key] ?? '');
    if (!found) throw new Error(`${path} has no ${key}`);
    return found[1];
  };
  return {
    rpc: text('chain.rpc'),
    store: text('storage.url'),
    server: text('server.url'),
    application: text('server.application_url'),
    relay: text('relay.url'),
  };
}

/** A connection of the SDK to the target, for `account`; `relayer` as in the SDK's settings. */
export function connect(target, account, relayer) {
  const chain = { ...sdk.mokshaTestnet, rpcUrls: { default: { http: [target.rpc] } } };
  const transport = http(target.rpc);
  const vana = sdk.Vana({
    walletClient: createWalletClient({ account, chain, transport }),
    publicClient: createPublicClient({ chain, transport, pollingInterval: 100 }),
    relayer,
    storage: { providers: { sandbox: new SandboxStorage(target) }, defaultProvider: 'sandbox' },
    defaultPersonalServerUrl: target.server,
  });
  return { vana, account, wallet: vana.walletClient, chain: vana.publicClient };
}

/** The sandbox's object store as a storage provider of the SDK. */
class SandboxStorage {
  constructor(target) { this.base = target.store; }
  async upload(file, name) {
    const stored = await put(`${this.base}/objects/${name}`, file, file.type);
    return { url: stored.url, size: stored.size, contentType: file.type };
  }
  async download(url) { return (await fetch(url)).blob(); }
}

export async function put(url, body, type) {
  const answer = await fetch(url, { method: 'PUT', body, headers: { 'Content-Type': type } });
  if (!answer.ok) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export async function post(url, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', body: text, headers });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

/** uint256 as decimal text: the SDK's own "relay by URL" writes plain JSON, which has no place for
 *  big integers and throws. So the SDK's request goes to the relay through a function. */
export const asJson = (value) =>
  JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? field.toString() : field));

/** The relay in the same process: the SDK's handler with the relayer's wallet. */
export const handlerRelay = (relayer) => (request) => sdk.handleRelayerOperation(relayer.vana, request);

/** The relay of the sandbox. What it answers is turned into the one answer that this SDK reads. */
export const endpointRelay = (target, user, expected, seen = () => {}) => async (request) => {
  let { body } = await post(target.relay, asJson({ ...request, expectedUserAddress: user.address }));
  seen(body.type);
  if (body.type === 'error') return body;
  if (body.type !== expected) throw new Error(`the relay answered ${body.type}, expected ${expected}`);
  const { operationId } = body;
  for (let left = 100; body.type === 'pending'; left -= 1) {
    if (left === 0) throw new Error('the relay has been pending for 20 s');
    await new Promise((done) => setTimeout(done, 200));
    ({ body } = await post(target.relay, { type: 'status_check', operationId }));
    seen(body.type);
    if (body.type === 'error') return body;
  }
  return { type: 'signed', hash: body.hash };
};

export const data = (account) => JSON.stringify({ userId: account.address, timestamp: 1_758_650_000_000 });

/** The user's data, encrypted by the SDK and stored; and its password. */
export async function storeData(user, name, text = data(user.account)) {
  const password = await sdk.generateEncryptionKey(user.wallet, platform);
  const { url } = await user.vana.data.uploadToStorage(text, name, true);
  return { url, password };
}

export async function storeGrant(user, name, change = (grant) => grant) {
  const grantee = await user.vana.permissions.getGranteeById(1n);
  expect(grantee?.address, accounts.application.address, 'grantee 1');
  const grant = change(sdk.createGrantFile({
    grantee: grantee.address,
    operation: 'llm_inference',
    parameters: { prompt: prompt(user.account), response_format: { type: 'json_object' } },
  }));
  const file = new Blob([JSON.stringify(grant, null, 2)], { type: 'application/json' });
  return (await user.vana.data.uploadToStorage(file, name)).url;
}

export const prompt = (account) => `Write a haiku for ${account.address} about {{data}}`;

/** What the sandbox's inference must answer: the prompt's beginning, and the digest of all of it. */
export function answer(account, text = data(account)) {
  const full = prompt(account).replaceAll('{{data}}', text);
  const digest = createHash('sha256').update(full).digest('hex').slice(0, 16);
  return { echo: prompt(account).slice(0, 120), prompt_sha256: digest };
}

/** Everything before the signature: what the SDK's permission call takes. */
export async function prepare(user, name, change = {}) {
  const { url, password } = await storeData(user, `interop/${name}.json`);
  const grant = await storeGrant(user, `interop/grant_${name}.json`, change.grant);
  const server = await user.vana.server.getIdentity({ userAddress: user.account.address });
  const key = await sdk.encryptWithWalletPublicKey(password, change.sealedTo ?? server.publicKey, platform);
  const filePermissions = [[{ account: change.keyFor ?? server.address, key }]];
  return {
    granteeId: 1n, grant, fileUrls: [url], schemaIds: [0n], serverAddress: server.address,
    serverUrl: server.baseUrl, serverPublicKey: server.publicKey, filePermissions, ...change.params,
  };
}

/** Submits by the user's relay, waits for the block with viem and reads the event with the SDK. */
export async function submit(user, params) {
  const sent = await user.vana.permissions.submitAddServerFilesAndPermissions(params);
  const receipt = await user.chain.waitForTransactionReceipt({ hash: sent.hash, timeout: 30_000 });
  if (receipt.status !== 'success') throw new Error(`${sent.hash}: ${receipt.status}`);
  const events = await user.vana.waitForTransactionEvents(sent);
  const { permissionId, user: granter } = events.expectedEvents.PermissionAdded;
  if (granter !== user.account.address) throw new Error(`the permission is ${granter}'s`);
  return { id: Number(permissionId), receipt };
}

/** The same by value, whatever the order of keys. */
export function expect(found, expected, what) {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${what}:\n  found    ${asJson(found)}\n  expected ${asJson(expected)}`);
}
