// Usage: node --import ./sdk-loader.mjs verify.mjs BUNDLE.json [--require a,b] [--gpg auto|require|off] [--json]
// Exit status: 0 every present (and every required) section passed; 1 a check failed; 2 wrong usage.
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, verify as rsaVerify } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join, resolve as resolvePath } from 'node:path';
import * as openpgp from 'openpgp';
import {
  createWalletClient, decodeFunctionData, encodeFunctionData, getAddress, hashTypedData, http, isAddress,
  parseAbi, recoverMessageAddress, recoverTypedDataAddress,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

for (const level of ['debug', 'info']) console[level] = () => {}; // the SDK is talkative
const sdk = await import('@opendatalabs/vana-sdk/node');

const PERMISSIONS = '0xD54523048AdD05b4d734aFaE7C68324Ebb7373eF';
const TYPES = {
  Permission: [{ name: 'account', type: 'address' }, { name: 'key', type: 'string' }],
  ServerFilesAndPermission: [
    { name: 'nonce', type: 'uint256' }, { name: 'granteeId', type: 'uint256' }, { name: 'grant', type: 'string' },
    { name: 'fileUrls', type: 'string[]' }, { name: 'schemaIds', type: 'uint256[]' },
    { name: 'serverAddress', type: 'address' }, { name: 'serverUrl', type: 'string' },
    { name: 'serverPublicKey', type: 'string' }, { name: 'filePermissions', type: 'Permission[][]' },
  ],
};
const PRIMARY = 'ServerFilesAndPermission';
const MULTICALL_ABI = parseAbi([
  'struct Call { address target; bool allowFailure; uint256 value; bytes callData; }',
  'struct Result { bool success; bytes returnData; }',
  'function aggregate3Value(Call[] calls) payable returns (Result[] results)',
]);
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

class Failed extends Error {}
const need = (condition, text) => { if (!condition) throw new Failed(text); };
const same = (a, b, what) => need(a === b, `${what}: got ${short(a)}, expected ${short(b)}`);
const short = (v) => { const s = typeof v === 'object' ? JSON.stringify(v) : String(v); return s?.length > 90 ? `${s.slice(0, 90)}…` : s; };
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function signatureShape(signature, what) {
  need(/^0x[0-9a-fA-F]{130}$/.test(signature ?? ''), `${what}: not 0x and 130 hex digits`);
  need(/(1b|1c)$/i.test(signature), `${what}: v is not 27 or 28`);
  need(BigInt(`0x${signature.slice(66, 130)}`) <= HALF_ORDER, `${what}: s is in the upper half order`);
}

function typedDomain(chainId) {
  return { name: 'VanaDataPortabilityPermissions', version: '1', chainId: Number(chainId), verifyingContract: PERMISSIONS };
}

function checkedMessage(m) {
  const uint = (v, what) => { need(typeof v === 'string' && /^(0|[1-9][0-9]*)$/.test(v), `${what}: not a decimal string`); return BigInt(v); };
  const message = {
    nonce: uint(m.nonce, 'nonce'), granteeId: uint(m.granteeId, 'granteeId'), grant: m.grant, fileUrls: m.fileUrls,
    schemaIds: m.schemaIds.map((v, i) => uint(v, `schemaIds[${i}]`)), serverAddress: m.serverAddress,
    serverUrl: m.serverUrl, serverPublicKey: m.serverPublicKey, filePermissions: m.filePermissions,
  };
  same(Object.keys(m).sort().join(), Object.keys(message).sort().join(), 'message keys');
  need(isAddress(m.serverAddress, { strict: true }), 'serverAddress: bad or wrongly checksummed');
  need(m.fileUrls.length === m.schemaIds.length && m.fileUrls.length === m.filePermissions.length, 'fileUrls, schemaIds and filePermissions differ in length');
  return message;
}

// Runs the SDK's relay handler with the chain submission replaced by a recorder.
async function throughRelayHandler(request) {
  let seen;
  const stub = { permissions: { submitSignedAddServerFilesAndPermissions: async (typedData, signature) => { seen = { typedData, signature }; return { hash: `0x${'00'.repeat(32)}` }; } } };
  const answer = await sdk.handleRelayerOperation(stub, request);
  need(seen && answer.hash, `relay handler did not submit: ${short(answer)}`);
  return seen;
}

const checks = {
  async password({ private_key, address, password }) {
    need(/^0x[0-9a-f]{130}$/.test(password ?? ''), 'password: not 0x and 130 lower-case hex digits');
    signatureShape(password, 'password');
    const signer = await recoverMessageAddress({ message: sdk.DEFAULT_ENCRYPTION_SEED, signature: password });
    if (address) same(signer, getAddress(address), 'password signer');
    need(private_key || address, 'give private_key or address');
    if (private_key) {
      const account = privateKeyToAccount(private_key);
      same(signer, account.address, 'password signer');
      const wallet = createWalletClient({ account, transport: http('http://127.0.0.1:9') });
      same(password, await sdk.generateEncryptionKey(wallet, new sdk.NodePlatformAdapter()), 'password (SDK generateEncryptionKey)');
    }
  },

  async file({ message_base64, message_path, password, plaintext_utf8, plaintext_base64, plaintext_sha256 }, ctx) {
    const bytes = message_path ? readFileSync(resolvePath(ctx.dir, message_path)) : Buffer.from(message_base64 ?? '', 'base64');
    need(bytes.length > 0, 'no message');
    const want = plaintext_sha256 ?? sha256(plaintext_base64 !== undefined ? Buffer.from(plaintext_base64, 'base64') : Buffer.from(plaintext_utf8 ?? '', 'utf8'));
    need(plaintext_sha256 || plaintext_base64 !== undefined || plaintext_utf8 !== undefined, 'no expected plaintext');
    need(bytes[0] & 0x80, 'not a binary OpenPGP message (armored?)');
    const message = await openpgp.readMessage({ binaryMessage: new Uint8Array(bytes) });
    const [skesk, body] = message.packets;
    same(message.packets.length, 2, 'packet count');
    same(skesk.constructor.tag, openpgp.enums.packet.symEncryptedSessionKey, 'first packet tag');
    same(skesk.version, 4, 'SKESK version');
    need(skesk.s2k.type !== 'argon2', 'Argon2 S2K: the personal server cannot read it');
    same(body.constructor.tag, openpgp.enums.packet.symEncryptedIntegrityProtectedData, 'second packet tag');
    same(body.version, 1, 'SEIPD version (2 = AEAD: the personal server cannot read it)');
    const clear = await sdk.decryptBlobWithSignedKey(new Blob([bytes]), password, new sdk.NodePlatformAdapter());
    same(sha256(Buffer.from(await clear.arrayBuffer())), want, 'SDK plaintext SHA-256');
    ctx.note(`SDK decrypts; S2K ${skesk.s2k.type}${skesk.s2k.c !== undefined ? `, count byte ${skesk.s2k.c}` : ''}`);
    if (ctx.gpg === 'off') return;
    const home = mkdtempSync(join(tmpdir(), 'vana-verify-'));
    try {
      const path = join(home, 'message');
      writeFileSync(path, bytes);
      const run = spawnSync('gpg', ['--homedir', home, '--batch', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase-fd', '0', '--decrypt', path], { input: `${password}\n`, maxBuffer: 1 << 28 });
      if (run.error) { need(ctx.gpg !== 'require', 'gpg is not installed'); ctx.note('gpg not installed: GnuPG check skipped'); return; }
      same(run.status, 0, `gpg exit status (${run.stderr.toString().trim().split('\n').pop()})`);
      same(sha256(run.stdout), want, 'GnuPG plaintext SHA-256');
      ctx.note('GnuPG decrypts');
    } finally {
      spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
      rmSync(home, { recursive: true, force: true });
    }
  },

  async ecies({ ciphertext_hex, server_private_key, plaintext }) {
    need(/^[0-9a-f]+$/.test(ciphertext_hex ?? ''), 'not lower-case hex without 0x');
    const bytes = ciphertext_hex.length / 2;
    need(Number.isInteger(bytes) && bytes >= 129 && (bytes - 113) % 16 === 0, `length ${bytes} is not 16+65+16k+32`);
    same(ciphertext_hex.slice(32, 34), '04', 'ephemeral key prefix');
    same(await sdk.decryptWithWalletPrivateKey(ciphertext_hex, server_private_key, new sdk.NodePlatformAdapter()), plaintext, 'SDK plaintext');
  },

  async grant({ text, expected_grantee, expected_operation = 'llm_inference' }) {
    const grant = JSON.parse(text);
    sdk.validateGrant(grant); // throws on any schema violation or expiry
    same(grant.grantee, getAddress(grant.grantee), 'grantee must be EIP-55 checksummed (the personal server compares text)');
    if (expected_grantee) same(grant.grantee, getAddress(expected_grantee), 'grantee');
    same(grant.operation, expected_operation, 'operation');
  },

  async typed_data({ chain_id, message, signature, signer, digest }) {
    signatureShape(signature, 'signature');
    const domain = typedDomain(chain_id);
    const clean = checkedMessage(message);
    const typed = { domain, types: TYPES, primaryType: PRIMARY, message: clean };
    if (digest) same(digest.toLowerCase(), hashTypedData(typed), 'digest');
    same(await recoverTypedDataAddress({ ...typed, signature }), getAddress(signer), 'recovered signer');
    await throughRelayHandler({ type: 'signed', operation: 'submitAddServerFilesAndPermissions', typedData: typed, signature, expectedUserAddress: getAddress(signer) });
  },

  async calldata({ hex, message, signature }) {
    const clean = checkedMessage(message);
    const abi = sdk.getAbi('DataPortabilityPermissions');
    const { functionName } = decodeFunctionData({ abi, data: hex });
    same(functionName, 'addServerFilesAndPermissions', 'function');
    same(hex.toLowerCase(), encodeFunctionData({ abi, functionName, args: [clean, signature] }), 'calldata');
  },

  async relay_request(request) {
    same(request.type, 'signed', 'type');
    same(request.operation, 'submitAddServerFilesAndPermissions', 'operation');
    same(request.typedData?.primaryType, PRIMARY, 'primaryType');
    same(JSON.stringify(request.typedData.types), JSON.stringify(TYPES), 'types');
    same(typeof request.typedData.domain.chainId, 'number', 'chainId type');
    same(JSON.stringify(request.typedData.domain), JSON.stringify(typedDomain(request.typedData.domain.chainId)), 'domain');
    checkedMessage(request.typedData.message);
    need(request.expectedUserAddress, 'expectedUserAddress is missing');
    signatureShape(request.signature, 'signature');
    const seen = await throughRelayHandler(request);
    same(seen.signature, request.signature, 'signature passed on');
  },

  async operation_request({ body, grantee, permission_id }) {
    const outer = JSON.parse(body);
    same(Object.keys(outer).sort().join(), 'app_signature,operation_request_json', 'body keys');
    signatureShape(outer.app_signature, 'app_signature');
    same(typeof outer.operation_request_json, 'string', 'operation_request_json type');
    const inner = JSON.parse(outer.operation_request_json);
    same(Object.keys(inner).join(), 'permission_id', 'operation_request_json keys');
    need(Number.isInteger(inner.permission_id) && inner.permission_id > 0, 'permission_id is not a positive integer');
    if (permission_id !== undefined) same(inner.permission_id, Number(permission_id), 'permission_id');
    same(await recoverMessageAddress({ message: outer.operation_request_json, signature: outer.app_signature }), getAddress(grantee), 'recovered app');
  },

  // Swell's own addition: a batch may say that none of its payments is allowed to fail.
  async funding({ calldata, value, recipients, amount_wei, allow_failure = true }) {
    const { functionName, args: [calls] } = decodeFunctionData({ abi: MULTICALL_ABI, data: calldata });
    same(functionName, 'aggregate3Value', 'function');
    same(calldata.toLowerCase(), encodeFunctionData({ abi: MULTICALL_ABI, functionName, args: [calls] }), 'canonical encoding');
    same(calls.length, recipients.length, 'number of calls');
    calls.forEach((call, i) => {
      same(call.target, getAddress(recipients[i]), `target ${i}`);
      same(call.allowFailure, allow_failure, `allowFailure ${i}`);
      same(call.value, BigInt(amount_wei), `value ${i}`);
      same(call.callData, '0x', `callData ${i}`);
    });
    same(BigInt(value), BigInt(amount_wei) * BigInt(recipients.length), 'transaction value');
  },

  async signed_url({ url, public_key_jwk, bucket, object, client_email }) {
    const parsed = new URL(url);
    const key = createPublicKey({ key: public_key_jwk, format: 'jwk' });
    const path = `/${bucket}/${object.split('/').map((p) => encodeURIComponent(p).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)).join('/')}`;
    same(parsed.origin, 'https://storage.googleapis.com', 'origin');
    same(parsed.pathname, path, 'path');
    const query = parsed.searchParams;
    if (query.has('GoogleAccessId')) {
      same(query.get('GoogleAccessId'), client_email, 'GoogleAccessId');
      const text = `GET\n\n\n${query.get('Expires')}\n${path}`;
      need(rsaVerify('RSA-SHA256', Buffer.from(text), key, Buffer.from(query.get('Signature') ?? '', 'base64')), 'V2 signature is wrong');
      return;
    }
    same(query.get('X-Goog-Algorithm'), 'GOOG4-RSA-SHA256', 'algorithm');
    same(query.get('X-Goog-SignedHeaders'), 'host', 'signed headers');
    const credential = query.get('X-Goog-Credential') ?? '';
    same(credential.slice(0, client_email.length + 1), `${client_email}/`, 'credential');
    const canonicalQuery = parsed.search.slice(1).split('&').filter((p) => !p.startsWith('X-Goog-Signature=')).sort().join('&');
    const canonical = ['GET', path, canonicalQuery, 'host:storage.googleapis.com\n', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
    const text = ['GOOG4-RSA-SHA256', query.get('X-Goog-Date'), credential.slice(client_email.length + 1), sha256(canonical)].join('\n');
    need(rsaVerify('RSA-SHA256', Buffer.from(text), key, Buffer.from(query.get('X-Goog-Signature') ?? '', 'hex')), 'V4 signature is wrong');
  },
};

function usage(text) {
  console.error(`${text}\nusage: verify.mjs BUNDLE.json [--require section,…] [--gpg auto|require|off] [--json]\nsections: ${Object.keys(checks).join(' ')}`);
  process.exit(2);
}

const args = process.argv.slice(2);
const option = (name, fallback) => { const i = args.indexOf(name); if (i < 0) return fallback; const [, value] = args.splice(i, 2); if (value === undefined) usage(`${name} needs a value`); return value; };
const required = (option('--require', '') || '').split(',').filter(Boolean);
const gpg = option('--gpg', 'auto');
const asJson = args.includes('--json') && args.splice(args.indexOf('--json'), 1).length > 0;
if (args.length !== 1 || !['auto', 'require', 'off'].includes(gpg)) usage('wrong arguments');
for (const section of required) if (!checks[section]) usage(`unknown section ${section}`);
let bundle;
try { bundle = JSON.parse(readFileSync(args[0], 'utf8')); } catch (error) { usage(`cannot read ${args[0]}: ${error.message}`); }

const results = [];
for (const section of required) if (bundle[section] === undefined) results.push({ section, ok: false, error: 'required section is missing' });
for (const [section, value] of Object.entries(bundle)) {
  if (section.startsWith('_')) continue;
  if (!checks[section]) { results.push({ section, ok: false, error: 'unknown section' }); continue; }
  for (const [index, item] of [value].flat().entries()) {
    const notes = [];
    const result = { section: Array.isArray(value) ? `${section}[${index}]` : section, ok: true, notes };
    try {
      await checks[section](item, { dir: dirname(resolvePath(args[0])), gpg, note: (text) => notes.push(text) });
    } catch (error) {
      result.ok = false;
      result.error = (error instanceof Failed ? '' : `${error.name}: `) + (error.shortMessage ?? error.message);
    }
    results.push(result);
  }
}
if (!results.length) results.push({ section: '(bundle)', ok: false, error: 'nothing to check' });
if (asJson) console.log(JSON.stringify(results, null, 2));
else for (const r of results) console.log(`${r.ok ? 'ok  ' : 'FAIL'} ${r.section}${r.error ? ` — ${r.error}` : ''}${r.notes?.length ? ` (${r.notes.join('; ')})` : ''}`);
process.exit(results.every((r) => r.ok) ? 0 : 1);
