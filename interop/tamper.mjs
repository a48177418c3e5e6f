// Alters one thing in every item of a bundle, and wants the verifier to refuse all of them: a check
// that cannot fail proves nothing.
//
// node tamper.mjs BUNDLE.json
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const flipHex = (text, at) => text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
const flipLast = (base64) => { const octets = Buffer.from(base64, 'base64'); octets[octets.length - 1] ^= 1; return octets.toString('base64'); };
const inText = (text, change) => { const value = JSON.parse(text); change(value); return JSON.stringify(value); };

const changes = {
  password: (item) => { item.password = flipHex(item.password, 20); },
  file: (item) => { item.message_base64 = flipLast(item.message_base64); },
  ecies: (item) => { item.ciphertext_hex = flipHex(item.ciphertext_hex, item.ciphertext_hex.length - 1); },
  grant: (item) => { item.text = inText(item.text, (grant) => { grant.grantee = grant.grantee.toLowerCase(); }); },
  typed_data: (item) => { item.message.granteeId = '2'; },
  calldata: (item) => { item.hex = flipHex(item.hex, 20); },
  relay_request: (item) => { item.typedData.message.serverUrl += '/'; },
  operation_request: (item) => { item.body = inText(item.body, (body) => { body.operation_request_json = body.operation_request_json.replace(':', ': '); }); },
  signed_url: (item) => { item.url = item.url.replace(/Expires=(\d)/, (_, digit) => `Expires=${digit === '1' ? '2' : '1'}`); },
  funding: (item) => { item.value = String(BigInt(item.value) + 1n); },
};

const bundle = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const [section, items] of Object.entries(bundle)) {
  if (!changes[section]) throw new Error(`nothing is known to alter in ${section}`);
  items.forEach(changes[section]);
}
const dir = mkdtempSync(join(tmpdir(), 'swell-tampered-'));
try {
  const path = join(dir, 'bundle.json');
  writeFileSync(path, JSON.stringify(bundle));
  const loader = join(here, 'sdk-loader.mjs');
  const verify = join(here, 'verify.mjs');
  const run = spawnSync(process.execPath, ['--import', loader, verify, path, '--json', '--gpg', 'off'], { encoding: 'utf8' });
  const results = JSON.parse(run.stdout);
  const accepted = results.filter(({ ok }) => ok).map(({ section }) => section);
  if (run.status !== 1 || accepted.length > 0) throw new Error(`accepted although altered: ${accepted.join(', ') || run.stderr}`);
  process.stdout.write(`ok   all ${results.length} altered items are refused\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
