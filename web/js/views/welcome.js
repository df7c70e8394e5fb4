// The first thing one sees: sign in, make an account, or just a name.

import { fill, h, picture } from "../dom.js";
import { field } from "./dialogs.js";

const TABS = {
  signIn: { title: "Sign in", submit: "Sign in", hasPassword: true },
  register: { title: "Sign up", submit: "Create account", hasPassword: true },
  guest: { title: "Guest", submit: "Start chatting", hasPassword: false },
};

/** `possible`: which tabs are offered; `notice`: a sentence above the form; `enter(tab, name, password)`
 * rejects with what is shown. */
export function drawWelcome(element, { possible, notice, reason, enter }) {
  let tab = possible[0];

  function draw() {
    const { submit, hasPassword } = TABS[tab];
    const trouble = h("p", { class: "form-trouble", role: "alert" });
    const button = h("button", { type: "submit", class: "button primary wide" }, submit);
    const form = h("form", { class: "form", onsubmit: async (event) => {
      event.preventDefault();
      const data = new FormData(form);
      button.disabled = true;
      trouble.textContent = "";
      try {
        await enter(tab, String(data.get("name")).trim(), String(data.get("password") ?? ""));
      } catch (error) {
        trouble.textContent = error.message;
        button.disabled = false;
      }
    } }, nameField(tab), hasPassword && passwordField(tab), trouble, button);
    fill(element, h("div", { class: "welcome-card" },
      h("div", { class: "welcome-sign" }, picture("logo")),
      h("h1", null, possible.length === 1 && tab === "guest" ? "Join the conversation" : "Welcome"),
      h("p", { class: "welcome-text" }, tab === "guest" ? "Pick the name that others will see."
        : tab === "register" ? "Pick a name and a password." : "Good to see you again."),
      notice && h("p", { class: "notice", role: "status" }, notice),
      possible.length > 1 && tabs(), form, reason && h("p", { class: "hint welcome-reason" }, reason)));
    form.elements.name.focus();
  }

  function tabs() {
    const step = (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      tab = possible[(possible.indexOf(tab) + way + possible.length) % possible.length];
      draw();
      element.querySelector("[role=tab][aria-selected=true]").focus();
    };
    return h("div", { class: "tabs", role: "tablist", "aria-label": "How to enter", onkeydown: step },
      possible.map((one) => h("button", { type: "button", role: "tab", "aria-selected": String(one === tab),
        tabindex: one === tab ? "0" : "-1", onclick: () => {
          tab = one;
          draw();
        } }, TABS[one].title)));
  }

  draw();
}

function nameField(tab) {
  if (tab === "guest") return field("Name", "name",
    { required: true, maxlength: "32", autocomplete: "nickname" });
  return field("Name", "name", { required: true, maxlength: "32", autocomplete: "username",
    pattern: "[A-Za-z0-9._\\-]{1,32}",
    autocapitalize: "none", spellcheck: "false", title: "Letters, digits, dots, dashes and underscores" });
}

function passwordField(tab) {
  return field("Password", "password", { type: "password", required: true,
    autocomplete: tab === "register" ? "new-password" : "current-password" });
}
