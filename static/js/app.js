/* Attributes in the HTML say what to do.
   data-key="i" data-key-label="Include"  the key presses this button, link or field, never while typing
   data-dialog="id"          opens that <dialog>; data-close inside closes it
   data-confirm="Question?"  a form asks first (data-confirm-detail, data-confirm-yes: more text, the button)
   data-autofocus            gets the focus when swapped in; data-announce="text" is read out then
   data-drop                 label around <input type=file>: takes dropped files, lists what was chosen (data-drop-limit: bytes of one)
   data-sending              form: its [data-sending-line] shows how much of an upload has been sent
   data-unfold               <details>, opened at first on a wide screen */

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const settings = {
  get(name) { try { return localStorage.getItem(`setting:${name}`) ?? ""; } catch { return ""; } },
  set(name, value) {
    if (name !== "keys") value ? (document.documentElement.dataset[name] = value) : delete document.documentElement.dataset[name];
    try { localStorage.setItem(`setting:${name}`, value); } catch { announce("This browser keeps no settings: it holds for this page only."); }
  },
};
const keysOn = () => settings.get("keys") !== "off";
for (const input of $$("[data-setting]")) {
  const name = input.dataset.setting;
  input.checked = name === "keys" ? keysOn() : settings.get(name) === input.value;
  input.addEventListener("change", () => settings.set(name, name === "keys" ? (input.checked ? "on" : "off") : input.value));
}

/* politely to screen readers, or as an alert on the page */
function announce(text) {
  const region = $("#announcer");
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 60);
}
function alert(text, level = "error", ...buttons) {
  const box = document.createElement("div");
  box.className = `alert alert-${level}`;
  const body = box.appendChild(document.createElement("div"));
  body.textContent = text;
  for (const button of [...buttons, ["Close", clearAlert]]) {
    const element = box.appendChild(document.createElement("button"));
    element.type = "button";
    element.className = "button button-small";
    [element.textContent, element.onclick] = button;
  }
  $("#floating").replaceChildren(box);
}
const clearAlert = () => $("#floating").replaceChildren();
/* after signing in in another tab the cookie is newer than the page */
function csrf() {
  const cookie = /(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/.exec(document.cookie);
  return cookie ? cookie[1] : JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
}
window.app = { announce, alert, clearAlert, csrf };

/* keys press what is there */
const typing = (element) => element.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=submit], [type=button])");
const seen = (element) => !element.disabled && element.getClientRects().length > 0;
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!keysOn() || typing(event.target)) return;
  const scope = $("dialog[open]") ?? document;
  const key = event.key.toLowerCase();
  const target = $$("[data-key]", scope).find((element) => element.dataset.key === key && seen(element));
  if (!target) return;
  event.preventDefault();
  target.matches("input, textarea, select") ? target.focus() : target.click();
  if (target.matches("summary")) $("details[open] > * textarea", target.parentElement.parentElement)?.focus();
});
function listKeys() {
  const list = $("[data-keys]");
  list.replaceChildren();
  for (const element of $$("[data-key]").filter(seen)) {
    const key = document.createElement("kbd");
    key.textContent = element.dataset.key.length === 1 ? element.dataset.key.toUpperCase() : element.dataset.key;
    const term = list.appendChild(document.createElement("dt"));
    term.append(key);
    list.appendChild(document.createElement("dd")).textContent = element.dataset.keyLabel ?? element.textContent.trim();
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    if (opener.dataset.dialog === "display-dialog") listKeys();
    document.getElementById(opener.dataset.dialog).showModal();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  if (event.target.matches("dialog")) event.target.close("");
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details[data-menu][open]")) { menu.open = false; $("summary", menu).focus(); }
});

/* asking first, before htmx or the browser send anything */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm) return;
  if (form.dataset.confirmed) { delete form.dataset.confirmed; return; }
  event.preventDefault();
  event.stopImmediatePropagation();
  const dialog = $("#confirm-dialog");
  $("h2", dialog).textContent = form.dataset.confirm;
  $("[data-confirm-detail]", dialog).textContent = form.dataset.confirmDetail ?? "";
  $("[data-confirm-yes]", dialog).textContent = form.dataset.confirmYes ?? "Yes";
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "1";
    form.requestSubmit(event.submitter);
  };
  dialog.showModal();
}, true);

/* after a swap: focus, unless it came by polling, and announcements */
function arrive(root, byPerson) {
  if (byPerson) {
    const lost = (document.activeElement ?? document.body) === document.body;
    const target = root.matches("[data-autofocus]") ? root : $("[data-autofocus]", root) ?? (lost && $("h1, h2, h3", root));
    if (target) {
      if (!target.matches("a, button, input, select, textarea, summary, [tabindex]")) target.tabIndex = -1;
      target.focus();
    }
  }
  const said = [root, ...$$("[data-announce]", root)].map((element) => element.dataset.announce).filter(Boolean);
  if (said.length) announce(said.join(". "));
  enhance(root);
}
window.app.arrive = arrive;
document.addEventListener("htmx:afterSettle", (event) => {
  const trigger = event.detail.requestConfig?.triggeringEvent;
  arrive(event.target, Boolean(trigger) && ["click", "submit", "change", "keyup"].includes(trigger.type));
});
document.addEventListener("htmx:beforeRequest", clearAlert);
document.addEventListener("htmx:sendError", (event) => {
  if (!event.detail.requestConfig.triggeringEvent) return;
  alert("The server cannot be reached. Nothing was changed; check your connection and try again.");
});
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 413) alert("This is more than the server takes at once. Nothing was changed; send the files in several parts.");
    else if (status < 500) alert(status === 403 ? "Your role in this review does not allow this, or you have been signed out." : "This is no longer here, or no longer open to you.", "error", ["Reload", () => location.reload()]);
    else alert("The server had a problem. Nothing was changed; try again in a moment.");
});

const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
function enhance(root) {
  for (const wrap of $$(".table-wrap", root)) if (wrap.scrollWidth > wrap.clientWidth) wrap.tabIndex = 0;
  for (const drop of $$("[data-drop]:not([data-ready])", root)) enhanceDrop(drop);
}

/* files: what was chosen is listed, can be taken out again, and is read out; dropping adds to what is there */
const names = (files) => (files.length === 1 ? files[0].name : `${files.length} files`);
const takes = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
function enhanceDrop(drop) {
  drop.dataset.ready = "";
  const input = $("input[type=file]", drop);
  const limit = Number(drop.dataset.dropLimit ?? 0);
  const list = drop.parentElement.insertBefore(document.createElement("ul"), drop.nextSibling);
  list.className = "drop-files";
  const put = (files) => {
    const held = new DataTransfer();
    for (const file of files) held.items.add(file);
    input.files = held.files;
    show();
  };
  const show = () => list.replaceChildren(...[...input.files].map((file) => {
    const item = document.createElement("li");
    const tooLarge = limit && file.size > limit;
    item.append(`${file.name} (${size(file.size)})`);
    if (tooLarge) Object.assign(item.appendChild(document.createElement("span")), { className: "field-error", textContent: `larger than ${size(limit)}: it will be refused` });
    const button = item.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "button-link";
    button.textContent = "Leave out";
    button.setAttribute("aria-label", `Leave out ${file.name}`);
    button.onclick = () => {
      put([...input.files].filter((other) => other !== file));
      announce(`${file.name} left out. ${input.files.length} chosen.`);
      ($("button", list) ?? input).focus();
    };
    return item;
  }));
  input.addEventListener("change", () => { show(); if (input.files.length) announce(`Chosen: ${names(input.files)}.`); });
  drop.takeDropped = (dropped) => {
    const files = [...dropped].slice(0, input.multiple ? undefined : 1);
    const there = input.multiple ? [...input.files] : [];
    const added = files.filter((file) => !there.some((other) => other.name === file.name && other.size === file.size));
    put([...there, ...added]);
    announce(`Added: ${names(added)}. ${input.files.length} chosen.`);
  };
}
/* a file let go anywhere on the page goes to the nearest place for it, and never replaces the page */
for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => {
  const drop = takes(event) && (event.target.closest?.("[data-drop]") ?? $("[data-drop]"));
  if (!drop) return;
  event.preventDefault();
  drop.classList.add("drop-over");
});
for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => {
  if (name === "drop" || !event.relatedTarget) for (const drop of $$(".drop-over")) drop.classList.remove("drop-over");
});
document.addEventListener("drop", (event) => {
  const drop = takes(event) && (event.target.closest?.("[data-drop]") ?? $("[data-drop]"));
  if (!drop) return;
  event.preventDefault();
  if (event.dataTransfer.files.length) drop.takeDropped(event.dataTransfer.files);
});
/* how much of an upload has been sent */
document.addEventListener("htmx:xhr:progress", (event) => {
  const line = event.target.matches("[data-sending]") && $("[data-sending-line]", event.target);
  const { loaded, total, lengthComputable } = event.detail;
  if (!line || !lengthComputable || loaded > total) return;
  line.hidden = false;
  $("progress", line).max = total;
  $("progress", line).value = loaded;
  $("span", line).textContent = loaded < total ? `Sending: ${size(loaded)} of ${size(total)}` : "Sent. Looking at the files";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const line = $("[data-sending-line]", event.target);
  if (line) line.hidden = true;
});
enhance(document);
if (!matchMedia("(max-width: 68rem)").matches) for (const fold of $$("details[data-unfold]")) fold.open = true;
$(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
$("main .error-summary[data-autofocus]")?.focus();
