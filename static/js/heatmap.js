/* Draws a figure with plotly where both are there; the table below says the same without it.
   data-heatmap="id"   the figure stands as JSON in the element with that id; colours are the page's own */

const holder = document.querySelector("[data-heatmap]");
if (holder && window.Plotly) {
  const figure = JSON.parse(document.getElementById(holder.dataset.heatmap).textContent);
  const colour = (name) => {
    const probe = holder.appendChild(document.createElement("span"));
    probe.className = `heatmap-${name}`;
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  const draw = () => {
    holder.hidden = false;
    const ink = colour("ink");
    const [map] = figure.data;
    map.colorscale = [[0, colour("low")], [1, colour("high")]];
    map.textfont = { color: ink };
    const layout = {
      ...figure.layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: ink, family: getComputedStyle(document.body).fontFamily, size: 13 },
    };
    window.Plotly.react(holder, figure.data, layout, { displayModeBar: false, responsive: true });
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
