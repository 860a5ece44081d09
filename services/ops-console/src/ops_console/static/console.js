// Says so when the console has stopped answering; everything else is htmx and plain links.
(function () {
  "use strict";
  function show(stale) {
    document.getElementById("stale").hidden = !stale;
  }
  document.addEventListener("htmx:sendError", function () { show(true); });
  document.addEventListener("htmx:responseError", function () { show(true); });
  document.addEventListener("htmx:afterOnLoad", function () { show(false); });
})();
