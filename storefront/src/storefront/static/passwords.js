// Lets people look at the password that they are typing.

export default function lookAt(field) {
  const input = field.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "look";
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", input.id);
  button.textContent = "Show";
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    input.focus();
  });
  // Hidden again before it is sent: browsers keep what was typed into a text field.
  input.form.addEventListener("submit", () => (input.type = "password"));
  input.after(button);
}
