// Browsers load no modules from a file: a page that was opened as one says what to do.

if (location.protocol === "file:") {
  const error = document.getElementById("error");
  error.hidden = false;
  error.textContent =
    "Opened as a file, the page cannot load its styles. In its folder run “python -m http.server” " +
    "and open http://localhost:8000.";
}
