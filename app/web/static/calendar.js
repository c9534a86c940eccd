// Shows another day, month, length or zone of a calendar without loading the whole page.
const status = document.getElementById("calendar-status");
let newest = 0;
document.documentElement.classList.add("scripted");

const part = () => document.getElementById("calendar");
const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

async function load(address) {
  const number = ++newest;
  part().setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const loaded = page.getElementById("calendar");
    if (number !== newest) return;
    show(loaded);
  } catch {
    location.assign(address);
  }
}

function show(loaded) {
  const label = focusedLabel();
  part().replaceWith(loaded);
  status.textContent = loaded.dataset.status;
  if (label === null) return;
  const again = [...loaded.querySelectorAll("a, select")].find((each) => labelOf(each) === label);
  (again ?? loaded.querySelector("[aria-current=date]") ?? loaded.querySelector("a"))?.focus({ preventScroll: true });
}

function focusedLabel() {
  const focused = document.activeElement;
  return part().contains(focused) ? labelOf(focused) : null;
}

const labelOf = (element) => element.id || element.getAttribute("aria-label") || element.textContent;

function go(address) {
  history.pushState(null, "", address);
  load(address);
}

function chooseZone(zone) {
  const address = new URL(location.href);
  if ("withoutCookies" in part().dataset) {
    address.searchParams.set("zone", zone);
  } else {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    address.searchParams.delete("zone");
  }
  return address;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#calendar a[data-part]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.href);
});

document.addEventListener("change", (event) => {
  if (event.target.id === "zone-name") go(chooseZone(event.target.value));
});

addEventListener("popstate", () => load(location.href));

if (part() && "zoneGuessed" in part().dataset && browserZone()) {
  const isShown = document.getElementById("zone-name").value === browserZone();
  const address = chooseZone(browserZone());
  if (!isShown) {
    history.replaceState(null, "", address);
    load(address);
  }
}
