/* Duplicate settings: each slider follows its number and the number its slider.
   data-twin="id"    a range without a name, hidden without this script; #id is the number that is sent */

const ready = () => {
  for (const range of document.querySelectorAll("input[data-twin][hidden]")) range.hidden = false;
};
document.addEventListener("input", (event) => {
  const { target } = event;
  if (target.matches?.("input[data-twin]")) document.getElementById(target.dataset.twin).value = target.value;
  else if (target.id) for (const range of document.querySelectorAll(`input[data-twin="${CSS.escape(target.id)}"]`)) range.value = target.value;
});
document.addEventListener("htmx:afterSettle", ready);
ready();
