/* One's own assessment: every change is saved at once, and everything can be done with keys.
   A field's value waits in `dirty` until the server has it; what the page knew before is `known`, so that two tabs
   never overwrite each other unseen: a field changed elsewhere is asked about where it stands. */

const { announce, csrf } = window.app;
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const sheet = $("#assessment");
const state = $("#save-state");
const FIELD = "input[name*=':'], textarea[name*=':'], select[name*=':']";
const known = new Map();
const dirty = new Map();
let version = Number(sheet?.dataset.version ?? 0);
let sending = false;
let tries = 0;
let timer = 0;

const fieldsOf = (name) => [...document.getElementsByName(name)];
function valueOf(name) {
  const fields = fieldsOf(name);
  return fields[0].type === "radio" ? (fields.find((field) => field.checked)?.value ?? "") : fields[0].value.trim();
}
function put(name, value) {
  for (const field of fieldsOf(name)) field.type === "radio" ? (field.checked = field.value === value) : (field.value = value);
}
const placeOf = (name) => fieldsOf(name)[0]?.closest("[data-item], .field, .slot");
function mark(names, word) { for (const name of names) { const place = placeOf(name); if (place) place.dataset.state = word; } }
function say(word, kind) { if (state) { state.textContent = word; state.dataset.kind = kind; } }

function changed(name, wait) {
  if (!known.has(name)) return;
  const value = valueOf(name);
  if (value === known.get(name) && !dirty.has(name)) return;
  dirty.set(name, value);
  mark([name], "saving");
  say("Saving", "saving");
  clearTimeout(timer);
  timer = setTimeout(send, wait);
}

async function send() {
  if (sending || !dirty.size) return;
  clearTimeout(timer);
  sending = true;
  const batch = new Map(dirty);
  const body = new URLSearchParams({ version });
  for (const [name, value] of batch) { body.set(name, value); body.set(`seen:${name}`, known.get(name)); }
  try {
    const answer = await fetch(sheet.dataset.url, {
      method: "POST", body, signal: AbortSignal.timeout(20000), headers: { "HX-Request": "true", "X-CSRFToken": csrf() },
    });
    if (answer.status >= 500) throw new Error("The server had a problem");
    if (answer.redirected) throw new Error("You have been signed out. Sign in again in another tab");
    if (answer.status === 403 || answer.status === 404) throw new Error("This assessment is not open to you any more");
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("assessment-state");
    if (!next) throw new Error("The server gave no answer");
    tries = 0;
    answer.ok ? saved(batch, next) : refused(batch, next);
  } catch (error) {
    failed(batch, error);
  } finally {
    sending = false;
  }
  if (!tries && [...dirty.keys()].length) send();
}

function saved(batch, next) {
  version = Number(next.dataset.version);
  for (const input of $$("input[name=version]", sheet)) input.value = version;
  for (const [name, value] of batch) {
    known.set(name, value);
    if (dirty.get(name) === value) { dirty.delete(name); mark([name], "saved"); }
  }
  sync(next);
  if (!dirty.size) say("Saved", "saved");
}

function sync(next) {
  for (const part of $$("[data-sync][id]", next)) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    if ($("details[open]", old)) $("details", part)?.setAttribute("open", "");
    if (old.outerHTML !== part.outerHTML) old.replaceWith(part);
  }
  unfold();
}
function unfold() {
  for (const box of $$("[data-when]", sheet)) box.hidden = !(box.dataset.when in (document.getElementById(box.dataset.of)?.dataset ?? {}));
}

function refused(batch, next) {
  const theirs = $$("[data-theirs]", next);
  if (theirs.length) version = Number(next.dataset.version);
  for (const [name] of batch) {
    const other = theirs.find((one) => one.dataset.theirs === name);
    if (other) ask(name, other.dataset.value, other.dataset.words);
    else if (!theirs.length) { dirty.delete(name); mark([name], "refused"); }
  }
  sync(next);
  say(next.dataset.problem ?? "Not saved", "failed");
  announce(next.dataset.problem ?? "Not saved");
}
/* both are shown, and the person chooses */
function ask(name, value, words) {
  dirty.delete(name);
  known.set(name, value);
  mark([name], "refused");
  const place = placeOf(name);
  $(".conflict", place)?.remove();
  const box = document.createElement("div");
  box.className = "conflict flag";
  box.setAttribute("role", "alert");
  const text = box.appendChild(document.createElement("span"));
  text.textContent = `In another tab this is now “${words}”.`;
  const button = (label, action) => {
    const one = box.appendChild(document.createElement("button"));
    one.type = "button";
    one.className = "button button-small";
    one.textContent = label;
    one.onclick = () => { box.remove(); action(); };
  };
  button("Take that", () => { put(name, value); mark([name], "saved"); say("Saved", "saved"); });
  button("Keep mine", () => { dirty.set(name, valueOf(name)); mark([name], "saving"); send(); });
  place.append(box);
}

function failed(batch, error) {
  tries += 1;
  mark(batch.keys(), "failed");
  const reason = error instanceof TypeError || error.name === "TimeoutError" ? "The server cannot be reached" : error.message;
  say(`${reason}. Not saved, will try again.`, "failed");
  timer = setTimeout(send, Math.min(30000, 1000 * 2 ** tries));
}

/* keys: the current item is a question, a level or a text; its letters press its options */
const items = () => $$("[data-item]", sheet).filter((item) => item.getClientRects().length > 0);
let current = null;
function keysFor(item) {
  for (const element of $$("[data-key][data-choice-key]", sheet)) { delete element.dataset.key; delete element.dataset.keyLabel; }
  current?.classList.remove("current");
  current = item;
  if (!item) return;
  item.classList.add("current");
  const slot = item.closest(".slot") ?? item;
  for (const element of $$("[data-choice-key]", slot)) {
    element.dataset.key = element.dataset.choiceKey;
    element.dataset.keyLabel = element.dataset.choiceLabel;
  }
}
function go(step) {
  const all = items();
  const at = all.indexOf(current);
  const next = at < 0 ? all.find((item) => item.matches("fieldset") && !$("input:checked", item)) ?? all[0] : all[Math.min(all.length - 1, Math.max(0, at + step))];
  if (!next) return;
  const target = $("input:checked, textarea, input:not([type=hidden])", next);
  target?.focus({ preventScroll: true });
  keysFor(next);
  next.closest(".slot")?.scrollIntoView({ block: "center" }) ?? next.scrollIntoView({ block: "center" });
}

if (sheet && !("locked" in sheet.dataset)) {
  for (const field of $$(FIELD, sheet)) if (!known.has(field.name)) known.set(field.name, valueOf(field.name));
  sheet.addEventListener("change", (event) => { if (event.target.matches(FIELD)) changed(event.target.name, 0); });
  sheet.addEventListener("input", (event) => { if (event.target.matches("textarea, input:not([type=radio])")) changed(event.target.name, 1200); });
  sheet.addEventListener("focusin", (event) => {
    const item = event.target.closest("[data-item]") ?? $("[data-item]", event.target.closest(".slot") ?? document.createElement("i"));
    if (item && item !== current) keysFor(item);
  });
  sheet.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (button) go(Number(button.dataset.move));
    const summary = event.target.closest(".notes summary");
    if (summary) setTimeout(() => { if (summary.parentElement.open) $("textarea", summary.parentElement).focus(); });
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (event.key === "Escape" && event.target.matches?.("textarea, input:not([type=radio])")) {
      event.target.blur();
      announce("Keys work again.");
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.matches?.("#assessment input[type=radio]")) {
      event.preventDefault();
      go(event.key === "ArrowDown" ? 1 : -1);
    }
  });
  /* what is being saved arrives before the page is left or the assessment finished */
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-finish]") || !(dirty.size || sending)) return;
    event.preventDefault();
    send();
    const check = setInterval(() => { if (!dirty.size && !sending) { clearInterval(check); event.target.requestSubmit(); } }, 50);
  });
  window.addEventListener("online", send);
  window.addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });
}
