// Programs under test: started, listened to, and never left running.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set();

/** Starts `swell` with `words`; resolves to the first URL it prints, and to its end. */
export async function start(swell, words, options = {}) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SWELL_')));
  const child = spawn(swell, words, { env: { ...env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const lines = [];
  const ended = new Promise((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, text: lines.join('\n') });
    });
  });
  const url = await new Promise((resolve, reject) => {
    const hear = (line) => {
      lines.push(line);
      const found = line.match(/http:\/\/\S+/);
      if (found) resolve(found[0]);
    };
    createInterface(child.stdout).on('line', hear);
    createInterface(child.stderr).on('line', hear);
    child.on('error', reject);
    ended.then(({ code, text }) => reject(new Error(`swell ${words[0]} ended with ${code}:\n${text}`)));
  }).catch((error) => {
    if (options.endsAtOnce) return null;
    throw error;
  });
  return { url, ended, stop: () => child.kill('SIGINT') };
}

/** Ends what still runs. */
export function stopAll() {
  for (const child of running) child.kill('SIGKILL');
}
