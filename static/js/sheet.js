/* One's own extraction sheet: each answer is saved on its own, and none is lost.
   An answer waits in a queue, also in localStorage, until the server has it: network down, 5xx, signed out → sent again.
   It names the number of the cell it was based on; a cell changed in another window is answered by 409, both values are
   shown where they stand, and the person chooses. 422 says what is wrong beside the field. */

const showWhatIsAsked = () => document.dispatchEvent(new CustomEvent("ask:changed")); // to ask.js
const { announce, csrf } = window.app;
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const sheet = $("#sheet");
const locked = "locked" in sheet.dataset;
const storeKey = `sheet:${document.body.dataset.user}:${sheet.dataset.sheet}`;
const queue = new Map(); // name of a cell → [[input's name, value], …], the latest only
const held = new Map(); // name of a cell → what was refused or waits for a choice: kept until it is saved or given up
const known = new Map(); // name of a cell → what the server has, as text
let sending = "";
let tries = 0;
let timer = 0;
let current = null;

const cellOf = (element) => element.closest?.("[data-cell]");
const cellNamed = (name) => $(`[data-cell="${CSS.escape(name)}"]`);
const fieldsOf = (cell) => $$("input, textarea, select", cell).filter((one) => one.name.startsWith(cell.dataset.cell) && !("numberInput" in one.dataset));

function pairsOf(cell) {
  const held = fieldsOf(cell).filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked);
  return held.map((one) => [one.name, one.value]);
}
/* what the page came with, whatever was typed before this script ran */
function firstPairsOf(cell) {
  const came = (one) => (one.matches("select") ? ([...one.options].find((option) => option.defaultSelected)?.value ?? "") : one.defaultValue);
  const held = fieldsOf(cell).filter((one) => !["radio", "checkbox"].includes(one.type) || one.defaultChecked);
  return held.map((one) => [one.name, ["radio", "checkbox"].includes(one.type) ? one.value : came(one)]);
}
const textOf = (cell) => JSON.stringify(pairsOf(cell));
function putPairs(cell, pairs) {
  const tables = new Map();
  for (const [name, value] of pairs) tables.set(name, [...(tables.get(name) ?? []), value]);
  for (const one of fieldsOf(cell)) {
    if (one.type === "file") continue; // a browser keeps no chosen file
    const values = tables.get(one.name) ?? [];
    if (["radio", "checkbox"].includes(one.type)) one.checked = values.includes(one.value);
    else one.value = values.shift() ?? "";
  }
}

function keep() {
  const waiting = [...new Map([...held, ...queue])].map(([name, pairs]) => ({ name, pairs, number: cellNamed(name)?.dataset.number ?? "0" }));
  try { waiting.length ? localStorage.setItem(storeKey, JSON.stringify(waiting)) : localStorage.removeItem(storeKey); }
  catch (error) { console.info("Answers are kept in this page only.", error); }
}
function say(text, kind) { const state = $("#save-state"); if (state) { state.textContent = text; state.dataset.kind = kind; } }
function mark(cell, text, kind) {
  const place = cell && $("[data-saved]", cell);
  if (place) { place.textContent = text; place.dataset.kind = kind; }
}

function changed(cell, wait) {
  if (locked || textOf(cell) === known.get(cell.dataset.cell) && !queue.has(cell.dataset.cell)) return;
  queue.set(cell.dataset.cell, pairsOf(cell));
  held.delete(cell.dataset.cell);
  keep();
  mark(cell, "Saving", "saving");
  count();
  clearTimeout(timer);
  timer = setTimeout(send, wait);
}

async function send() {
  if (sending || !queue.size) return;
  clearTimeout(timer);
  const [name, pairs] = queue.entries().next().value;
  const cell = cellNamed(name);
  if (!cell) { queue.delete(name); keep(); return send(); }
  sending = name;
  const file = $("input[type=file]", cell);
  const body = new (file ? FormData : URLSearchParams)();
  if (file?.files[0]) body.append(file.name, file.files[0]);
  for (const [field, value] of [["name", name], [`${name}-number`, cell.dataset.number], ...pairs]) if (field !== file?.name) body.append(field, value);
  try {
    const answer = await fetch(sheet.dataset.url, {
      method: "POST", body, signal: AbortSignal.timeout(20000), headers: { "X-CSRFToken": csrf() },
    });
    if (answer.status >= 500) throw new Error("The server had a problem");
    if (answer.redirected) throw new Error("You have been signed out. Sign in again in another tab");
    if (!answer.headers.get("Content-Type")?.includes("json")) throw new Error("This sheet is not open to you any more");
    const told = await answer.json();
    tries = 0;
    const unchanged = queue.get(name) === pairs;
    if (unchanged) queue.delete(name);
    if (answer.ok) saved(cell, pairs, told, unchanged);
    else {
      if (unchanged) held.set(name, pairs);
      if (answer.status === 409 && "html" in told) choose(cell, told);
      else refused(cell, told);
    }
    keep();
    if (!queue.size && answer.ok) say("Saved", "saved");
  } catch (error) {
    failed(error);
  } finally {
    sending = "";
  }
  if (!tries) send();
}

function saved(cell, pairs, told, unchanged) {
  setNumber(cell, told.number);
  known.set(cell.dataset.cell, JSON.stringify(pairs));
  problem(cell, "");
  if (unchanged) mark(cell, "Saved", "saved");
  for (const [name, words] of Object.entries(told.derived)) {
    const place = document.getElementById(name);
    if (place) { place.textContent = words || "Follows from other items"; mark(cellOf(place), "Follows", "saved"); }
  }
}
function setNumber(cell, number) {
  cell.dataset.number = number;
  const input = $("[data-number-input]", cell);
  if (input) input.value = number;
}

function problem(cell, text) {
  $(".field-error", cell)?.remove();
  const ask = $("[data-ask]", cell);
  ask.classList.toggle("field-invalid", Boolean(text));
  const main = $(".ask-main :is(input, textarea, select)", cell);
  main?.toggleAttribute("aria-invalid", Boolean(text));
  if (!text) return;
  const line = document.createElement("span");
  line.className = "field-error";
  line.id = `${cell.dataset.cell}-error`;
  line.textContent = text;
  $(".ask-main", cell).append(line);
  main?.setAttribute("aria-describedby", line.id);
}
function refused(cell, told) {
  mark(cell, "Not saved", "failed");
  say("One answer is not saved: see what is wrong beside it.", "failed");
  problem(cell, told.problem);
  announce(told.problem);
}

/* both values are shown, and the person chooses */
function choose(cell, told) {
  mark(cell, "Not saved", "failed");
  say("One answer was changed in another window. Choose which one stays.", "failed");
  $(".conflict", cell)?.remove();
  const box = document.createElement("div");
  box.className = "conflict flag";
  box.setAttribute("role", "alert");
  const text = box.appendChild(document.createElement("span"));
  text.textContent = told.words ? `In another window this is now “${told.words}”.` : "In another window this was changed or cleared.";
  const button = (label, action) => {
    const one = box.appendChild(document.createElement("button"));
    one.type = "button";
    one.className = "button button-small";
    one.textContent = label;
    one.onclick = () => { box.remove(); action(); };
  };
  button("Take that", () => {
    const other = new DOMParser().parseFromString(told.html, "text/html").querySelector("[data-ask]");
    $("[data-ask]", cell).replaceWith(other);
    setNumber(cell, told.number);
    queue.delete(cell.dataset.cell);
    held.delete(cell.dataset.cell);
    keep();
    known.set(cell.dataset.cell, textOf(cell));
    mark(cell, "Saved", "saved");
    say("Saved", "saved");
    showWhatIsAsked();
    count();
  });
  button("Keep mine", () => { setNumber(cell, told.number); held.delete(cell.dataset.cell); queue.set(cell.dataset.cell, pairsOf(cell)); keep(); mark(cell, "Saving", "saving"); send(); });
  $(".ask-main", cell).after(box);
}

function failed(error) {
  tries += 1;
  const reason = error instanceof TypeError || error.name === "TimeoutError" ? "The server cannot be reached" : error.message;
  for (const name of queue.keys()) mark(cellNamed(name), "Not saved; will try again", "failed");
  say(`${reason}. ${queue.size === 1 ? "One answer is" : `${queue.size} answers are`} kept in this browser and will be sent again.`, "failed");
  timer = setTimeout(send, Math.min(30000, 1000 * 2 ** tries));
}

/* required answers that are there, among those asked now */
function count() {
  const place = $("[data-progress]");
  if (!place) return;
  const required = $$("[data-cell]", sheet).filter((cell) => $(".ask-required", cell) && !$("[data-ask]", cell).hidden);
  const done = required.filter((cell) => {
    if ($(`input[name$="-mark"]:checked`, cell)?.value !== "value") return true;
    return $$(".ask-main :is(input, textarea, select)", cell).some((one) => (["radio", "checkbox"].includes(one.type) ? one.checked : one.value.trim()));
  });
  place.textContent = `${done.length} of ${required.length} required`;
}

document.addEventListener("input", (event) => {
  const cell = cellOf(event.target);
  if (cell) changed(cell, ["radio", "checkbox", "select-one"].includes(event.target.type) ? 0 : 800);
});
document.addEventListener("change", (event) => {
  const cell = cellOf(event.target);
  if (cell) changed(cell, 0);
  if (event.target.matches("[data-rename] input")) event.target.form.requestSubmit();
  if (event.target.matches("select[data-report]")) event.target.form.requestSubmit();
});
document.addEventListener("focusin", (event) => {
  const cell = cellOf(event.target);
  if (!cell) return;
  current = cell;
  const button = $("[data-take-page]");
  if (button) button.disabled = !$(`[name$="-page"]`, cell);
});

/* a form that leaves the page waits until every answer has arrived */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-section]")) { event.preventDefault(); send(); return; }
  if (!queue.size || form.method !== "post") return;
  event.preventDefault();
  send();
  if (tries) { announce("Your answers are not saved yet. Try again when the connection is back."); return; }
  const check = setInterval(() => {
    if (!queue.size && !sending) { clearInterval(check); form.requestSubmit(event.submitter); }
    else if (tries) clearInterval(check);
  }, 50);
});
window.addEventListener("online", () => { tries = 0; send(); });
window.addEventListener("beforeunload", (event) => { if (queue.size) event.preventDefault(); });

/* the PDF beside the form */
const showPage = () => {
  const frame = $("#pdf");
  const next = frame.cloneNode();
  next.src = `${frame.src.split("#")[0]}#page=${Number.parseInt($("#pdf-page").value, 10) || 1}`;
  frame.replaceWith(next);
};
$("[data-go-page]")?.addEventListener("click", showPage);
$("#pdf-page")?.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); showPage(); } });
$("[data-take-page]")?.addEventListener("click", () => {
  const page = current && $(`[name$="-page"]`, current);
  if (!page) return;
  page.value = $("#pdf-page").value.trim();
  const report = $(`select[name$="-report"]`, current);
  if (report) report.value = $("#pdf").dataset.report;
  $(".ask-place", current).open = true;
  changed(current, 0);
  announce(`Page ${page.value} is noted.`);
});

for (const cell of $$("[data-cell]", sheet)) known.set(cell.dataset.cell, JSON.stringify(firstPairsOf(cell)));
let before = [];
try { before = JSON.parse(localStorage.getItem(storeKey) ?? "[]"); } catch { before = []; }
for (const { name, pairs, number } of locked ? [] : before) {
  const cell = cellNamed(name);
  if (!cell) continue;
  putPairs(cell, pairs);
  setNumber(cell, number);
  queue.set(name, pairs);
  mark(cell, "Saving", "saving");
}
for (const cell of $$("[data-cell]", sheet)) if (!queue.has(cell.dataset.cell)) changed(cell, 0);
if (before.length && queue.size) { announce("Answers from before are being saved."); send(); }
showWhatIsAsked();
count();
