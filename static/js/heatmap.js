/* Draws a figure with plotly.js; the table below it says the same without.
   data-heatmap="id"     the figure stands as JSON in the element with that id; colours are the page's own
   data-plotly="url"     where plotly.js is; 5 MB, so it is fetched only once the page is there */

const holder = document.querySelector("[data-heatmap]");

/* plotly.js brings styles for maps in a <style>, which our policy forbids and no heat map needs: they are dropped */
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

function colour(name) {
  const probe = holder.parentElement.appendChild(document.createElement("span"));
  probe.className = `heatmap-${name}`;
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function draw(figure) {
  const ink = colour("ink");
  const [map] = figure.data;
  map.colorscale = [[0, colour("low")], [1, colour("high")]];
  map.textfont = { color: ink };
  const font = { color: ink, family: getComputedStyle(document.body).fontFamily, size: 13 };
  const layout = { ...figure.layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font };
  return window.Plotly.react(holder, figure.data, layout, { displayModeBar: false, responsive: true });
}

if (holder && matchMedia("(min-width: 44rem)").matches) {
  const figure = JSON.parse(document.getElementById(holder.dataset.heatmap).textContent);
  load(holder.dataset.plotly).then(() => {
    holder.hidden = false;
    draw(figure);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(figure));
  });
}
