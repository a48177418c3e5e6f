// Sends a served sandbox what it must refuse, and compares how it refuses with the real thing: the
// relay with the SDK's own handler, contract and personal server with what was recorded of the real
// ones.
//
// node --import ./sdk-loader.mjs refuse.mjs TARGET.toml --server sept|main
import { readFileSync } from 'node:fs';
import {
  accounts, asJson, connect, expect, handlerRelay, platform, post, prepare, put, readTarget, say,
  sdk, submit,
} from './flow.mjs';

const [path, , serverVersion] = process.argv.slice(2);
const target = readTarget(path);
const relayer = connect(target, accounts.relayer);
const application = connect(target, accounts.application);
const stranger = connect(target, accounts.other);
const vectors = (name) => JSON.parse(readFileSync(new URL(`../crates/swell-vana/vectors/${name}.json`, import.meta.url), 'utf8'));
const recordings = vectors('11-personal-server').responses;
const reverts = vectors('08-reverts').items;
let refusals = 0;

// --- The relay, beside the SDK's handler in front of the same chain ---

/** The first lines of an error: behind them the client library repeats the whole call. */
const head = (text) => text.split(/\n *\nContract Call:|\n\nUnable to decode|\n\nVersion:/)[0].trim();

/** A signed request for `message`; `domain` and `signer` as they should not be. */
async function request(user, message, { domain = {}, signer = user, expected = user } = {}) {
  const typedData = await user.vana.permissions.composeServerFilesAndPermissionMessage(message);
  typedData.domain = { ...typedData.domain, ...domain };
  const signature = await signer.wallet.signTypedData(typedData);
  return {
    type: 'signed', operation: 'submitAddServerFilesAndPermissions', typedData, signature,
    expectedUserAddress: expected?.account.address,
  };
}

async function relayRefuses(what, refused, text) {
  const real = await sdk.handleRelayerOperation(relayer.vana, refused).then(
    (answer) => { throw new Error(`${what}: the SDK's handler accepts it: ${asJson(answer)}`); },
    (error) => head(error.message),
  );
  if (!real.includes(text)) throw new Error(`${what}: the SDK's handler says\n${real}\nexpected ${text}`);
  const { status, body } = await post(target.relay, asJson(refused));
  expect([status, body.type], [200, 'error'], what);
  expect(head(body.error), real, what);
  refusals += 1;
}

async function refusedByRelay() {
  const user = connect(target, accounts.fresh(), handlerRelay(relayer));
  const params = { nonce: 0n, ...await prepare(user, 'relay') };
  const good = await request(user, params);
  const altered = structuredClone(good);
  altered.typedData.message.serverUrl = 'https://elsewhere.example/api/v1';
  const otherNonce = await request(user, { ...params, nonce: 5n });
  const otherChain = { domain: { chainId: 1480 } };
  const silent = { ...otherChain, expected: null };
  const signed = (message, how) => request(user, { ...params, ...message }, how);
  const security = 'Security verification failed: Recovered signer address';
  await relayRefuses('signed by another', await request(user, params, { signer: stranger }), security);
  await relayRefuses('another user expected', { ...good, expectedUserAddress: accounts.other.address }, security);
  await relayRefuses('altered after signing', altered, security);
  await relayRefuses('signed for another chain', { ...good, signature: (await signed({}, otherChain)).signature }, security);
  await relayRefuses('short signature', { ...good, signature: '0x1234' }, 'Signature verification failed: invalid signature length');
  // The typed data name chain 1480, so the handler recovers the user; the contract somebody else.
  await relayRefuses('typed data of another chain', await signed({ nonce: 1n }, silent), 'InvalidNonce(uint256 expectedNonce, uint256 providedNonce)');
  await relayRefuses('wrong nonce', otherNonce, '(0, 5)');
  await relayRefuses('unknown grantee', await signed({ granteeId: 999n }), 'Error: GranteeNotFound()');
  await relayRefuses('empty grant', await signed({ grant: '' }), 'Error: EmptyGrant()');
  await relayRefuses('schema ids missing', await signed({ schemaIds: [] }), 'Error: InvalidSchemaIdsLength(');
  await relayRefuses('file permissions missing', await signed({ filePermissions: [] }), 'Error: InvalidPermissionsLength(');
  const nowhere = '0x0000000000000000000000000000000000000000';
  await relayRefuses('no server', await signed({ serverAddress: nowhere }), 'Error: ZeroAddress()');
  await relayRefuses('new server without a URL', await signed({ serverUrl: '' }), '0x38b06993');
  const foo = structuredClone(good);
  foo.typedData.primaryType = 'Foo';
  foo.typedData.types = { ...foo.typedData.types, Foo: foo.typedData.types.ServerFilesAndPermission };
  delete foo.expectedUserAddress;
  await relayRefuses('unknown operation', foo, 'Unsupported operation type: Foo');
  const { nonce, ...submitted } = params;
  await submit(user, submitted);
  await relayRefuses('sent twice', good, '(1, 0)');
  const stolen = { ...params, serverAddress: stranger.account.address };
  await relayRefuses('another user\'s file', await request(stranger, stolen), 'Error: NotFileOwner(address fileOwner, address requestor)');
  const unknown = await post(target.relay, { type: 'status_check', operationId: 'nobody' });
  expect([unknown.status, unknown.body.type], [200, 'error'], 'status of an unknown operation');
}

// --- The contract itself, beside recorded reverts ---

async function refusedByContract() {
  const user = connect(target, accounts.fresh());
  const message = { nonce: 0n, ...await prepare(user, 'contract') };
  const typedData = await user.vana.permissions.composeServerFilesAndPermissionMessage(message);
  const good = await user.wallet.signTypedData(typedData);
  const [r, s, v] = [good.slice(2, 66), good.slice(66, 130), good.slice(130)];
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const high = (order - BigInt(`0x${s}`)).toString(16).padStart(64, '0');
  const call = (signature) => user.chain.simulateContract({
    account: relayer.account,
    address: sdk.getContractAddress(14800, 'DataPortabilityPermissions'),
    abi: sdk.getAbi('DataPortabilityPermissions'),
    functionName: 'addServerFilesAndPermissions',
    args: [message, signature],
  });
  await call(good);
  for (const [name, signature] of [
    ['v_0_or_1', `0x${r}${s}${v === '1b' ? '00' : '01'}`],
    ['high_s', `0x${r}${high}${v === '1b' ? '1c' : '1b'}`],
    ['compact_64_octets', `0x${r}${s}`],
  ]) {
    const error = await call(signature).then(() => undefined, (error) => error);
    const revert = error?.walk((cause) => cause.data?.errorName);
    const found = revert?.data?.abiItem;
    const wanted = reverts.find((recording) => recording.name === name).error;
    expect(found && `${found.name}(${found.inputs.map(({ type }) => type)})`, wanted, name);
    refusals += 1;
  }
}

// --- The personal server, beside recordings ---

/** The recorded answer of the version that the sandbox plays. */
function recorded(name) {
  const found = recordings.find((recording) => recording.name === name);
  return found[serverVersion === 'sept' ? 'september_2025' : 'main_october_2025'];
}

/** Asks by the SDK's controller, and takes status and body out of its error. */
async function askBySdk(who, permissionId) {
  return who.vana.server.createOperation({ permissionId }).then(
    (created) => { throw new Error(`accepted: ${asJson(created)}`); },
    (error) => {
      const found = /^Personal server API request failed: (\d+) [^-]* - (.*)$/s.exec(error.message);
      if (!found) throw error;
      return { status: Number(found[1]), body: JSON.parse(found[2]) };
    },
  );
}

function refusedAs(name, { status, body }, urls = []) {
  let text = JSON.stringify(body);
  for (const url of urls) text = text.replaceAll(url, 'https://storage.example/object');
  text = text.replace(/File '\d+' not found/, 'File \'<id>\' not found').replace(/decrypt file \d+:/, 'decrypt file <id>:');
  const { status: wanted, body: wantedBody } = recorded(name);
  expect([status, JSON.parse(text)], [wanted, wantedBody], name);
  refusals += 1;
}

/** Each is a permission with one fault; `spoil` works on what is stored, before the server reads. */
const faults = [
  { name: 'grant with an extra key', grant: (grant) => ({ ...grant, extra: 1 }) },
  { name: 'grant grantee lower-case', grant: (grant) => ({ ...grant, grantee: grant.grantee.toLowerCase() }) },
  { name: 'grant expired', grant: (grant) => ({ ...grant, expires: 1_600_000_000 }) },
  { name: 'grant operation unknown', grant: (grant) => ({ ...grant, operation: 'foo' }) },
  { name: 'grant not JSON', spoil: ({ grant }) => put(grant, 'hello', 'application/json') },
  { name: 'grant response_format type xml', spoil: (params) => alterGrant(params, 'json_object', 'xml') },
  { name: 'permission without files', params: { fileUrls: [], schemaIds: [], filePermissions: [] } },
  { name: 'no key for this server', keyFor: accounts.other.address },
  { name: 'file is not OpenPGP', spoil: ({ fileUrls }) => put(fileUrls[0], 'hello', 'text/plain') },
  { name: 'file password wrong', spoil: garble },
];

async function alterGrant({ grant }, from, to) {
  const text = await (await fetch(grant)).text();
  await put(grant, text.replace(from, to), 'application/json');
}

/** Flips the last bit of the encrypted file. */
async function garble({ fileUrls: [url] }) {
  const octets = Buffer.from(await (await fetch(url)).arrayBuffer());
  octets[octets.length - 1] ^= 1;
  await put(url, octets, 'application/octet-stream');
}

async function refusedForFault(fault, index) {
  const user = connect(target, accounts.fresh(), handlerRelay(relayer));
  const params = await prepare(user, `fault_${index}`, fault);
  const { id } = await submit(user, params);
  await fault.spoil?.(params);
  refusedAs(fault.name, await askBySdk(application, id), [params.grant, ...params.fileUrls]);
}

/** The password sealed to a server that is not the user's: there is no recording, but a class. */
async function refusedForOtherServer() {
  const user = connect(target, accounts.fresh(), handlerRelay(relayer));
  const other = await user.vana.server.getIdentity({ userAddress: accounts.other.address });
  const { id } = await submit(user, await prepare(user, 'sealed', { sealedTo: other.publicKey }));
  const { status, body } = await askBySdk(application, id);
  expect([status, body.detail.error_code], [500, 'DECRYPTION_ERROR'], 'sealed to another server');
  refusals += 1;
}

async function refusedForRequest() {
  const user = connect(target, accounts.fresh(), handlerRelay(relayer));
  const { id } = await submit(user, await prepare(user, 'request'));
  refusedAs('signed by another key', await askBySdk(stranger, id));
  refusedAs('permission not on chain', await askBySdk(application, 999_999));
  const ask = async (text, signature) => post(`${target.server}/operations`, {
    app_signature: signature ?? await accounts.application.signMessage({ message: text }),
    operation_request_json: text,
  });
  const text = `{"permission_id":${id}}`;
  refusedAs('extra key parameters', await ask(`{"permission_id":${id},"parameters":{}}`));
  refusedAs('broken JSON text', await ask('{"permission_id":'));
  refusedAs('no permission_id', await ask('{"foo":1}'));
  refusedAs('permission_id 0', await ask('{"permission_id":0}'));
  refusedAs('permission_id as string', await ask(`{"permission_id":"${id}"}`));
  refusedAs('signature too short', await ask(text, '0x1234'));
  refusedAs('body {}', await post(`${target.server}/operations`, '{}'));
  refusedAs('body not JSON', await post(`${target.server}/operations`, 'hello'));
  const spaced = await ask(text.replace(':', ': '), await accounts.application.signMessage({ message: text }));
  expect([spaced.status, spaced.body.detail.error_code], [401, 'AUTHENTICATION_ERROR'], 'signed text differs');
  const status = await fetch(`${target.server}/operations/nobody`);
  refusedAs('status of an unknown operation', { status: status.status, body: await status.json() });
  for (const [name, query] of [['identity without address', ''], ['identity with a malformed address', '?address=0x1234']]) {
    const found = await fetch(`${target.server}/identity${query}`);
    refusedAs(name, { status: found.status, body: await found.json() });
  }
}

/** The application server passes on what the personal server says. */
async function refusedThroughApplication() {
  const ask = (path, body) => post(`${target.application}/api/trusted-server${path}`, body);
  const { status, body } = await ask('', { permissionId: 999_999 });
  const { body: behind } = recorded('permission not on chain');
  const error = '❌ REAL SYSTEMS REQUIRED: AI inference failed: NetworkError: Personal server API '
    + `request failed: 400 Bad Request - ${JSON.stringify(behind)}`;
  expect([status, body], [500, { success: false, error }], 'through the application server');
  const missing = (error) => [400, { success: false, error }];
  const found = async (path) => Object.values(await ask(path, {}));
  expect(await found(''), missing('Missing permissionId field'), '/api/trusted-server');
  expect(await found('/poll'), missing('Missing operationId field'), '/api/trusted-server/poll');
  refusals += 3;
}

await refusedByRelay();
await refusedByContract();
// One after the other where they send: the relayer's own nonces are the node's pending count.
for (const [index, fault] of faults.entries()) await refusedForFault(fault, index);
await refusedForOtherServer();
await refusedForRequest();
await refusedThroughApplication();
say(`ok   ${refusals} refusals are the real thing's, server ${serverVersion}`);
