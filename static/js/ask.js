/* Items of an extraction form, wherever they are asked (includes/item_input.html).
   Hides what is not asked: data-shown-item, -operator, -values name an answer in the same [data-entry] or around it.
   "Add a row" copies the last row of a table, empty. Typing a value says that it is reported. */

const within = (element, selector) => [...element.querySelectorAll(selector)];

/* the .ask of an item, looked for from the entry outwards */
function findAsk(ask, id) {
  for (let scope = ask.closest("[data-entry], [data-sheet]"); scope; scope = scope.parentElement?.closest("[data-entry], [data-sheet]")) {
    const found = within(scope, `[data-ask="${CSS.escape(id)}"]`).find((one) => one.closest("[data-entry], [data-sheet]") === scope);
    if (found) return found;
  }
  return null;
}
function markOf(ask) {
  return ask.querySelector(`input[type=radio][name$="-mark"]:checked`)?.value ?? "value";
}
function answersOf(ask) {
  if (markOf(ask) !== "value") return [];
  const { name } = ask.dataset;
  const inputs = within(ask, "input, textarea, select").filter((one) => one.name === name || one.name.startsWith(`${name}-`) && one.closest(".ask-main"));
  const held = inputs.filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked).map((one) => one.value.trim()).filter(Boolean);
  if (ask.dataset.type !== "vocabulary") return held;
  const options = within(ask, "datalist option[data-option]");
  return held.map((text) => options.find((one) => one.value.toLowerCase() === text.toLowerCase())?.dataset.option ?? text);
}
function isAsked(ask, seen = new Set()) {
  const { shownItem, shownOperator, shownValues } = ask.dataset;
  if (!shownItem || seen.has(ask)) return true;
  const other = findAsk(ask, shownItem);
  if (!other) return true;
  if (!isAsked(other, seen.add(ask))) return false;
  const answers = answersOf(other);
  if (shownOperator === "reported") return answers.length > 0;
  const hit = (shownValues ?? "").split(" ").some((value) => answers.includes(value));
  if (shownOperator === "is") return hit;
  return !hit && (answers.length > 0 || markOf(other) !== "value");
}
export function showWhatIsAsked(root = document) {
  for (const ask of within(root, "[data-ask][data-shown-item]")) ask.hidden = !isAsked(ask);
}

function ready(root = document) {
  for (const button of within(root, "[data-ask-row]")) button.hidden = false;
  showWhatIsAsked();
}
document.addEventListener("input", (event) => {
  const ask = event.target.closest?.("[data-ask]");
  if (!ask) return;
  if (event.target.closest(".ask-main") && event.target.value) {
    const reported = ask.querySelector(`input[type=radio][name$="-mark"][value=value]`);
    if (reported) reported.checked = true;
  }
  showWhatIsAsked();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-ask-row]");
  if (!button) return;
  const rows = button.closest("[data-ask]").querySelector("[data-ask-rows]");
  const last = rows.lastElementChild;
  const row = rows.appendChild(last.cloneNode(true));
  for (const input of within(row, "input, select")) {
    input.value = "";
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, rows.children.length));
  }
  row.querySelector("input, select").focus();
});
document.addEventListener("htmx:afterSettle", (event) => ready(event.target));
document.addEventListener("ask:changed", () => showWhatIsAsked());
ready();
