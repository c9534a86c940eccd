// Counts down the hold, and shows the next state of the session as soon as our books have it.
const own = document.querySelector('script[src*="session_state.js"]');
const left = document.querySelector(".hold-left");
const ends = Date.now() + Number(own.dataset.seconds) * 1000;
let pause = 1500;

function countDown() {
  const seconds = Math.max(0, Math.round((ends - Date.now()) / 1000));
  left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds > 0) setTimeout(countDown, 1000);
}

async function ask() {
  try {
    const answer = await fetch(own.dataset.address, { headers: { Accept: "application/json" } });
    if (answer.ok && (await answer.json()).state !== own.dataset.state) {
      location.replace(own.dataset.next);
      return;
    }
  } catch {
    // The network is away: ask again.
  }
  pause = Math.min(pause * 1.3, 15000);
  setTimeout(ask, pause);
}

if (left) countDown();
setTimeout(ask, pause);
