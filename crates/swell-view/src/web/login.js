// Trades the token for a cookie. The token comes in the fragment of the address, which no server
// sees, or is typed; it leaves in the body of a POST.

const form = document.getElementById('login');
const answer = document.getElementById('answer');

async function logIn(token) {
  answer.textContent = 'Logging in.';
  try {
    const response = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    const words = await response.text();
    if (response.ok) location.replace('/');
    else answer.textContent = `Not logged in: ${words}.`;
  } catch {
    answer.textContent = 'Not logged in: Swell does not answer.';
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  logIn(form.elements.token.value);
});

const inAddress = new URLSearchParams(location.hash.slice(1)).get('token');
if (inAddress) {
  // Neither history nor a bookmark keeps it.
  history.replaceState(null, '', location.pathname);
  logIn(inAddress);
}
