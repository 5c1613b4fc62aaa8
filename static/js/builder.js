/* The builder of extraction forms. Everything works by its buttons; this adds two things:
   dragging an item by its handle to another place or section (data-builder, data-section, data-item, data-move), and
   showing only the answers of the item that a condition names (data-condition, data-condition-of). */

let dragged = null;
let over = null;

function conditions(root) {
  for (const select of root.querySelectorAll("[data-condition]")) {
    for (const group of select.form.querySelectorAll("[data-condition-of]")) group.hidden = group.dataset.conditionOf !== select.value;
  }
}
function ready(root = document) {
  for (const handle of root.querySelectorAll("[data-handle]")) {
    handle.hidden = false;
    handle.draggable = true;
  }
  conditions(root);
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-condition]")) conditions(event.target.form);
});

/* the item below the pointer before which the dragged one would stand; null for the end of the list */
function before(list, y) {
  return [...list.children].find((item) => item !== dragged && y < item.getBoundingClientRect().top + item.offsetHeight / 2) ?? null;
}
function mark(list, item) {
  for (const one of document.querySelectorAll(".build-drop, .build-drop-end")) one.classList.remove("build-drop", "build-drop-end");
  if (item) item.classList.add("build-drop");
  else list?.classList.add("build-drop-end");
}
document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.("[data-handle]");
  if (!handle) return;
  dragged = handle.closest("[data-item]");
  dragged.classList.add("build-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
  event.dataTransfer.setDragImage(dragged, 12, 12);
});
document.addEventListener("dragover", (event) => {
  const list = dragged && event.target.closest?.(".build-section")?.querySelector("[data-section]");
  if (!list) return;
  event.preventDefault();
  over = list;
  mark(list, before(list, event.clientY));
});
document.addEventListener("drop", (event) => {
  if (!dragged || !over) return;
  event.preventDefault();
  const builder = dragged.closest("[data-builder]");
  const next = before(over, event.clientY);
  const others = [...over.children].filter((item) => item !== dragged);
  const place = next ? others.indexOf(next) : others.length;
  window.htmx.ajax("POST", dragged.dataset.move, {
    source: builder,
    target: builder,
    swap: "outerHTML",
    values: { edits: builder.dataset.edits, section: over.dataset.section, place },
  });
});
document.addEventListener("dragend", () => {
  dragged?.classList.remove("build-dragged");
  dragged = over = null;
  mark(null, null);
});
document.addEventListener("htmx:afterSettle", () => ready());
ready();
