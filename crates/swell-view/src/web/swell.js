// Keeps the page up to date, and tells the run what its buttons wish.
//
// Pieces of the page come as HTML that the server made. They are not put in place of the old ones but worked
// into them, so that focus, scrolling and what is unfolded stay as they are.

const token = document.querySelector('meta[name="swell-token"]').content;
const steer = document.getElementById('steer');
const connection = document.getElementById('connection');
const answer = document.getElementById('answer');
const dialog = document.getElementById('confirm');
const useKeys = document.getElementById('use-keys');

const PLACES = ['steer', 'head', 'contents', 'sections'];
const STALE_AFTER_MS = 5_000;
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 15_000;

let over = false;
let heard = Date.now();
let retry = RETRY_FIRST_MS;

// --- What is shown -----------------------------------------------------------------------------

/** Makes `old` look like `fresh`, touching only what differs. */
function work(old, fresh) {
  for (const { name } of [...old.attributes]) {
    // What the reader has unfolded stays so.
    if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (name !== 'open' && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  after.forEach((node, at) => {
    const known = before[at];
    if (!known) {
      old.append(node);
    } else if (known.nodeName !== node.nodeName || known.id !== node.id) {
      known.replaceWith(node);
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      work(known, node);
    } else if (known.data !== node.data) {
      known.data = node.data;
    }
  });
  before.slice(after.length).forEach((node) => node.remove());
}

function show({ title, order, pieces }) {
  document.title = title;
  for (const place of PLACES) arrange(document.getElementById(place), order[place] ?? [], pieces);
}

/** Makes the children of `place` those that `ids` name, in this order. */
function arrange(place, ids, pieces) {
  for (const piece of [...place.children]) {
    if (!ids.includes(piece.id)) piece.remove();
  }
  ids.forEach((id, at) => {
    let piece = document.getElementById(id);
    if (!piece) {
      piece = document.createElement('div');
      piece.id = id;
    }
    if (place.children[at] !== piece) place.insertBefore(piece, place.children[at] ?? null);
    if (id in pieces) {
      const fresh = piece.cloneNode(false);
      fresh.append(...new DOMParser().parseFromString(pieces[id], 'text/html').body.childNodes);
      work(piece, fresh);
    }
  });
}

/** Says how the connection is, once for each change: it is read aloud. */
function say(words, isStale) {
  if (connection.textContent !== words) connection.textContent = words;
  document.body.classList.toggle('stale', isStale);
}

// --- What is heard -----------------------------------------------------------------------------

function listen() {
  const source = new EventSource('/events');
  const hear = (event) => {
    heard = Date.now();
    retry = RETRY_FIRST_MS;
    show(JSON.parse(event.data));
    say('Live', false);
  };
  source.addEventListener('picture', hear);
  source.addEventListener('over', async (event) => {
    over = true;
    hear(event);
    say('The run is over; this page stays as it is.', false);
    document.getElementById('keys').hidden = true;
    await keepReport();
    source.close();
  });
  source.onerror = () => {
    source.close();
    if (over) return;
    say('Swell does not answer: the run may be over. Trying again.', true);
    setTimeout(listen, retry);
    retry = Math.min(retry * 2, RETRY_MAX_MS);
  };
}

/** Swell ends with the run: the report is fetched now, to be saved whenever the reader likes. */
async function keepReport() {
  const link = document.querySelector('a[href="/report"]');
  try {
    const response = await fetch('/report');
    if (!response.ok) throw new Error(response.statusText);
    link.href = URL.createObjectURL(await response.blob());
  } catch {
    link.replaceWith('Its report is in the folder of the run.');
  }
}

setInterval(() => {
  const silent = Date.now() - heard;
  if (!over && silent > STALE_AFTER_MS && !document.body.classList.contains('stale')) {
    say('No news for 5 s: the figures are old.', true);
  }
}, 1_000);

// --- What is wished ----------------------------------------------------------------------------

async function wish(button) {
  const { action, question } = button.dataset;
  const words = button.firstChild.textContent;
  if (question && !(await confirmed(words, question))) return;
  try {
    const response = await fetch('/command', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Swell-Token': token },
      body: JSON.stringify({ action }),
    });
    answer.textContent = `${words}: ${await response.text()}.`;
  } catch {
    answer.textContent = `${words}: Swell does not answer.`;
  }
}

/** Asks; resolves to whether the answer was yes. */
function confirmed(words, question) {
  document.getElementById('confirm-title').textContent = `${words} this run?`;
  document.getElementById('confirm-question').textContent = question;
  document.getElementById('confirm-yes').textContent = words;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

steer.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-action]');
  if (button) wish(button);
});

document.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest('input:not([type=checkbox]), textarea, select, dialog');
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping) return;
  if (!useKeys.checked || dialog.open) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (button && !button.disabled) {
    event.preventDefault();
    wish(button);
  }
});

document.getElementById('keys').hidden = false;
listen();
