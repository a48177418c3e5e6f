// Drives a served sandbox through the whole flow with the published SDK and viem, and compares
// everything that comes back.
//
// node --import ./sdk-loader.mjs drive.mjs TARGET.toml --relay signed|submitted|pending --server sept|main
import {
  accounts, answer, connect, data, endpointRelay, expect, handlerRelay, platform, post, prepare,
  readTarget, say, sdk, submit,
} from './flow.mjs';

const [path, , relayAnswers, , serverVersion] = process.argv.slice(2);
const target = readTarget(path);
const relayer = connect(target, accounts.relayer);
const application = connect(target, accounts.application);

/** The result's text, in the form of the server's version. */
function text(result) {
  if (serverVersion === 'sept') return result;
  expect(Object.keys(result), ['output'], 'keys of the result');
  return result.output;
}

/** One user, from data to result. `operate` asks for the operation and waits for its end. */
async function journey(name, account, relay, operate) {
  const user = connect(target, account, relay);
  const params = await prepare(user, name);
  const stored = await (await fetch(params.fileUrls[0])).blob();
  const password = await sdk.generateEncryptionKey(user.wallet, platform);
  const clear = await sdk.decryptBlobWithSignedKey(stored, password, platform);
  expect(await clear.text(), data(account), 'the stored file, decrypted');
  const { id, receipt } = await submit(user, params);
  expect(await nonce(user), 1n, 'the user\'s next nonce');
  const result = await operate(id);
  expect(JSON.parse(text(result)), answer(account), 'the result');
  say(`ok   ${name}: permission ${id}, block ${receipt.blockNumber}, ${receipt.gasUsed} gas`);
}

const nonce = (user) => user.chain.readContract({
  address: sdk.getContractAddress(14800, 'DataPortabilityPermissions'),
  abi: sdk.getAbi('DataPortabilityPermissions'),
  functionName: 'userNonce',
  args: [user.account.address],
});

/** By the SDK's controller, with the application's key. */
async function direct(permissionId) {
  const created = await application.vana.server.createOperation({ permissionId });
  expect(created.status, 'starting', 'status after creation');
  const polling = { timeout: 30_000, pollingInterval: 100 };
  return (await application.vana.server.waitForOperation(created, polling)).result;
}

/** By the application server. */
async function throughApplication(permissionId) {
  const ask = async (path, body) => {
    const answered = await post(`${target.application}/api/trusted-server${path}`, body);
    expect([answered.status, answered.body.success], [200, true], path || '/api/trusted-server');
    return answered.body.data;
  };
  const { id } = await ask('', { permissionId });
  for (let left = 300; left > 0; left -= 1) {
    const polled = await ask('/poll', { operationId: id, chainId: 14800 });
    if (polled.status === 'succeeded') return polled.result;
    if (!['starting', 'processing'].includes(polled.status)) throw new Error(`it ${polled.status}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('the operation did not end within 30 s');
}

const first = accounts.fresh();
await journey('handler', first, handlerRelay(relayer), direct);

const second = accounts.fresh();
const seen = [];
const relay = endpointRelay(target, second, relayAnswers, (type) => seen.push(type));
await journey('endpoint', second, relay, throughApplication);
if (relayAnswers === 'pending') expect(seen.at(-1), 'confirmed', 'the relay\'s last answer');

const health = await (await fetch(`${target.application}/health`)).json();
expect(health.status, 'ok', '/health');
const identity = await (await fetch(`${target.application}/identity?address=${first.address}`)).json();
expect(identity, await application.vana.server.getIdentity({ userAddress: first.address }), '/identity');
say(`ok   the whole flow, relay ${relayAnswers}, server ${serverVersion}`);
