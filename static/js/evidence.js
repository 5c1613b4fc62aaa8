/* Figures of cross-tables with plotly.js, and buttons that copy a text. The tables say the same without.
   data-figure="id"     the figure stands as JSON in the element with that id; colours named "page:…" are the page's own
   data-plotly="url"    where plotly.js is; 5 MB, so it is fetched only once the page is there
   data-copy="id"       copies the text of the element with that id; [data-copied] says so */

const holders = [...document.querySelectorAll("[data-figure]")];

/* plotly.js brings styles for maps in a <style>, which our policy forbids and these figures do not need */
function load(url) {
  const { head } = document;
  head.appendChild = (node) => (node.localName === "style" ? node : Node.prototype.appendChild.call(head, node));
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = resolve;
    script.onerror = reject;
    head.append(script);
  }).finally(() => { delete head.appendChild; });
}

function colour(holder, name) {
  const probe = holder.parentElement.appendChild(document.createElement("span"));
  probe.className = `heatmap-${name}`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function draw(holder) {
  const text = document.getElementById(holder.dataset.figure).textContent;
  const own = (key, value) => (typeof value === "string" && value.startsWith("page:") ? colour(holder, value.slice(5)) : value);
  const { data, layout } = JSON.parse(text, own);
  const font = { color: colour(holder, "ink"), family: getComputedStyle(document.body).fontFamily, size: 13 };
  const look = { ...layout, font, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
  return window.Plotly.react(holder, data, look, { displayModeBar: false, responsive: true });
}

if (holders.length && matchMedia("(min-width: 44rem)").matches) {
  load(holders[0].dataset.plotly).then(() => {
    for (const holder of holders) {
      holder.hidden = false;
      draw(holder);
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => holders.forEach(draw));
  });
}

const ready = () => { if (navigator.clipboard) for (const copy of document.querySelectorAll("[data-copy]")) copy.hidden = false; };
document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
  document.querySelector("[data-copied]").textContent = "Copied.";
});
document.addEventListener("htmx:afterSettle", ready);
ready();
