/* Runs before the first paint: puts the reader's own display settings (localStorage) on <html>. */
(function () {
  var root = document.documentElement;
  ["theme", "contrast", "reading", "size"].forEach(function (name) {
    try {
      var value = localStorage.getItem("setting:" + name);
      if (value) root.dataset[name] = value;
    } catch (error) { console.info("Display settings are not kept: storage is closed.", error); }
  });
})();
