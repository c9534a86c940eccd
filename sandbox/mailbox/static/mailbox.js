// The list refreshes itself, times are shown in the reader's own zone; without this script the pages still work.
const list = document.getElementById("list");
const empty = document.getElementById("empty");
const REFRESH_MS = 2000;
let shown = null;

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    const short = today ? { timeStyle: "short" } : { day: "numeric", month: "short" };
    const style = time.classList.contains("long") ? { dateStyle: "full", timeStyle: "medium" } : short;
    time.textContent = at.toLocaleString(undefined, style);
  }
}

async function refresh() {
  if (!document.hidden) {
    const answer = await fetch(list.dataset.url);
    const html = await answer.text();
    if (answer.ok && html !== shown) {
      if (shown !== null) list.innerHTML = html;
      shown = html;
      localTimes(list);
    }
  }
}

async function refreshForEver() {
  // While the mailbox is stopped, keep what is shown and go on asking.
  await refresh().catch(() => {});
  setTimeout(refreshForEver, REFRESH_MS);
}

empty.addEventListener("click", async () => {
  if (!confirm("Delete every mail in this mailbox?")) return;
  await fetch(empty.dataset.url, { method: "DELETE" });
  location.href = empty.dataset.after;
});

document.addEventListener("visibilitychange", () => refresh().catch(() => {}));
localTimes(document);
refreshForEver();
