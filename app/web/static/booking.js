// A form is sent once, and times are shown in the zone of the browser.
const own = document.querySelector('script[src*="booking.js"]');
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const form of document.querySelectorAll("form.send-once")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

// A page that comes back from the browser's memory can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form.send-once")) delete form.dataset.sent;
});

if (own.dataset.zone && zone && own.dataset.zone !== zone && !document.cookie.includes(`zone=${zone}`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  const isNew = !document.querySelector("[role=alert]") && performance.now() < 5000;
  if (isNew && document.cookie.includes(`zone=${zone}`)) location.reload();
}
