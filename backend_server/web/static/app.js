// Copy buttons and self-submitting filters. The pages work without this file.
"use strict";

const said = document.getElementById("said");

async function copy(button) {
  if (button.dataset.busy) return;
  button.dataset.busy = "yes";
  const text = button.dataset.copy;
  const label = button.innerHTML;  // holds words for screen readers as well
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https a browser has no clipboard for scripts; the old way still works there.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
  }
  button.textContent = done ? "Copied" : "Not copied";
  if (said) said.textContent = done ? "Copied to the clipboard" : "The browser refused to copy.";
  setTimeout(() => { button.innerHTML = label; delete button.dataset.busy; }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) void copy(button);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) event.target.form.requestSubmit();
});
