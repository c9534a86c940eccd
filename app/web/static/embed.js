// Puts a coach's calendar where this script stands: <script src="…/embed.js" data-coach="ada-lovelace" async></script>
(() => {
  const script = document.currentScript;
  const { origin } = new URL(script.src);
  const frame = document.createElement("iframe");
  frame.src = `${origin}/embed/${encodeURIComponent(script.dataset.coach)}`;
  frame.title = script.dataset.title || "Book a session";
  frame.loading = "lazy";
  Object.assign(frame.style, { width: "100%", height: "48rem", border: "0" });
  addEventListener("message", ({ source, data }) => {
    if (source === frame.contentWindow && Number.isFinite(data?.height)) frame.style.height = `${data.height}px`;
  });
  script.after(frame);
})();
