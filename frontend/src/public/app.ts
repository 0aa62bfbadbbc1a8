// Copy buttons and self-submitting filters. The pages work without this file.
const said = document.getElementById("said");

async function copy(button: HTMLButtonElement): Promise<void> {
  if (button.dataset["busy"]) return;
  button.dataset["busy"] = "yes";
  const text = button.dataset["copy"] ?? "";
  const label = [...button.childNodes]; // holds words for screen readers as well
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
  setTimeout(() => {
    button.replaceChildren(...label);
    delete button.dataset["busy"];
  }, 1500);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button[data-copy]") : null;
  if (button) void copy(button);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLSelectElement && field.matches("[data-submits]")) field.form?.requestSubmit();
});

export {};
