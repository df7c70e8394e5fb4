// Dialogs: a new room or message, a room's settings, the account, jumping, shortcuts, questions.

import { fill, h, iconButton, picture } from "../dom.js";
import { avatar } from "./avatar.js";

const SWITCHER_MAX = 9;

/** Opens a modal dialog; it is removed when it closes. Returns the element. */
function open(title, ...content) {
  const dialog = h("dialog", { class: "dialog", "aria-label": title, onclose: () => dialog.remove(),
    onclick: (event) => event.target === dialog && dialog.close() },
    h("div", { class: "dialog-content" }, h("header", null, h("h2", null, title),
      iconButton("close", "Close", () => dialog.close())), content));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A form. When `submit` gives something truthy the dialog closes; what it throws is shown. */
function form(label, submit, ...fields) {
  const trouble = h("p", { class: "form-trouble", role: "alert" });
  const button = h("button", { type: "submit", class: "button primary" }, label);
  const element = h("form", { class: "form", onsubmit: async (event) => {
    event.preventDefault();
    button.disabled = true;
    trouble.textContent = "";
    try {
      if (await submit(new FormData(element))) element.closest("dialog")?.close();
    } catch (error) {
      trouble.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  } }, fields, trouble, h("div", { class: "form-actions" }, button));
  return element;
}

export function field(label, name, props = {}, hint = null) {
  return h("label", { class: "field" }, h("span", null, label),
    h("input", { type: "text", name, autocomplete: "off", dir: "auto", ...props }),
    hint && h("span", { class: "hint" }, hint));
}

const text = (data, name) => String(data.get(name) ?? "").trim();

export const dialogs = {
  room(app) {
    const isPrivate = app.can("private") && h("label", { class: "check" },
      h("input", { type: "checkbox", name: "private" }),
      h("span", null, "Private: only those who are invited"));
    open("New room", form("Create", (data) => app.createRoom({
      title: text(data, "title"), topic: text(data, "topic"), isPrivate: data.get("private") === "on",
      members: text(data, "members").split(/[\s,]+/).filter(Boolean) }),
      field("Name", "title", { required: true, maxlength: "64", autofocus: true }),
      app.can("rooms") && field("Topic", "topic", { maxlength: "200" }), isPrivate,
      app.can("private") && field("Invite", "members", { list: "accounts" }, "Names, for a private room")));
  },

  direct(app) {
    open("New message", form("Open", (data) => app.openDirect(text(data, "name")),
      field("To", "name", { required: true, maxlength: "32", list: "accounts", autofocus: true })));
  },

  roomSettings(app) {
    const room = app.store.room(app.ui.channel);
    open("Room settings", form("Save", (data) => app.changeRoom(room, {
      title: text(data, "title"), topic: text(data, "topic") }),
      field("Name", "title", { required: true, maxlength: "64", value: room.title || room.channel }),
      field("Topic", "topic", { maxlength: "200", value: room.topic })));
  },

  account(app) {
    const { me } = app.store;
    if (!me.isAccount) {
      const dialog = open("You are a guest",
        h("p", null, "You write as ", h("bdi", { class: "author" }, me.name), "."),
        h("div", { class: "form-actions" },
          h("button", { type: "button", class: "button primary", onclick: () => {
          dialog.close();
          app.signOut();
        } }, app.can("private") ? "Sign in or change the name" : "Change the name")));
      return;
    }
    const dialog = open("Account", h("div", { class: "account-card" }, avatar(me.name),
      h("bdi", null, me.name)),
      h("div", { class: "form-actions spread" },
        action("Sign out", () => app.signOut()),
        action("Sign out everywhere", () => app.signOutEverywhere())),
      h("details", null, h("summary", null, "Change the password"), passwordForm(app)),
      h("details", null, h("summary", null, "Delete the account"), deleteForm(app)));
    function action(label, run) {
      return h("button", { type: "button", class: "button", onclick: () => {
        dialog.close();
        run();
      } }, label);
    }
  },

  switcher(app) {
    const list = h("ul", { class: "switcher-list", role: "listbox", id: "switcher-list",
      "aria-label": "Conversations" });
    const input = h("input", { type: "text", role: "combobox", "aria-controls": "switcher-list",
      "aria-expanded": "true",
      "aria-label": "Jump to a conversation", placeholder: "Name of a room or person", autocomplete: "off" });
    const dialog = open("Jump to", input, list);
    dialog.classList.add("switcher");
    switcher(app, dialog, input, list);
  },

  shortcuts() {
    const rows = [["Ctrl K", "Jump to a conversation"], ["/", "Search"],
      ["Alt ↑ ↓", "Previous, next conversation"],
      ["Enter", "Send"], ["Shift Enter", "New line"], ["↑", "Edit your last message (in an empty field)"],
      ["↑ ↓", "Go through the messages (from the list)"], ["R", "Reply to the chosen message"],
      ["T", "Open its thread"], ["E", "Edit it"], ["Escape", "Close, cancel"], ["?", "This list"]];
    open("Keyboard", h("dl", { class: "shortcuts" }, rows.map(([keys, what]) => h("div", null,
      h("dt", null, keys.split(" ").map((key) => h("kbd", null, key))), h("dd", null, what)))));
  },
};

/** Asks; resolves with whether the answer was yes. */
export function confirm(title, question, yes) {
  return new Promise((resolve) => {
    const dialog = open(title, h("p", { dir: "auto" }, question), h("div", { class: "form-actions" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
      h("button", { type: "button", class: "button danger filled", autofocus: true,
        onclick: () => dialog.close("yes") }, yes)));
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
  });
}

/** Tells password managers whose password it is. */
function username(app) {
  return h("input", { type: "text", name: "username", autocomplete: "username", value: app.store.me.name,
    hidden: true });
}

function passwordForm(app) {
  return form("Change", (data) => app.changePassword(data.get("password"), data.get("new")),
    username(app),
    field("Current password", "password",
      { type: "password", required: true, autocomplete: "current-password" }),
    field("New password", "new", { type: "password", required: true, autocomplete: "new-password" }));
}

function deleteForm(app) {
  return form("Delete for good", (data) => app.deleteAccount(data.get("password")),
    username(app),
    h("p", { class: "hint" }, "Your messages stay, shown as from a deleted account. The name stays taken."),
    field("Password", "password", { type: "password", required: true, autocomplete: "current-password" }));
}

function switcher(app, dialog, input, list) {
  let found = [];
  let chosen = 0;

  function draw() {
    fill(list, found.map((one, index) => h("li", { role: "option", id: `switcher-${index}`,
      "aria-selected": String(index === chosen), onclick: () => take(one) },
      one.sign, h("bdi", null, one.title))));
    input.setAttribute("aria-activedescendant", `switcher-${chosen}`);
  }

  function take(one) {
    dialog.close();
    one?.go();
  }

  input.addEventListener("input", () => {
    found = candidates(app, input.value).slice(0, SWITCHER_MAX);
    chosen = 0;
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") take(found[chosen]);
    else if (step && found.length) chosen = (chosen + step + found.length) % found.length;
    else return;
    event.preventDefault();
    draw();
  });
  input.dispatchEvent(new Event("input"));
  input.focus();
}

/** Rooms and people whose name has all letters of `query` in order; those that begin with it first. */
function candidates(app, query) {
  const wanted = query.trim().toLowerCase();
  const rooms = [...app.store.rooms.values()].map((room) => {
    const title = app.store.title(room);
    return { title, go: () => app.openRoom(room.channel), last: room.last?.offset ?? 0,
      sign: room.type === "direct" ? avatar(title)
        : h("span", { class: "room-sign" }, picture(room.type === "room" ? "lock" : "hash")) };
  });
  const named = new Set(rooms.map((room) => room.title.toLowerCase()));
  const people = !app.can("private") ? [] : [...app.store.people.values()]
    .filter((person) => person.isAccount && !person.isDeleted && !app.store.isMe(person.name) &&
      !named.has(person.name.toLowerCase()))
    .map((person) => ({ title: person.name, last: 0, sign: avatar(person.name, person.state),
      go: () => app.openDirect(person.name) }));
  return [...rooms, ...people].map((one) => ({ ...one, rank: rank(one.title.toLowerCase(), wanted) }))
    .filter((one) => one.rank >= 0).sort((a, b) => a.rank - b.rank || b.last - a.last);
}

function rank(title, wanted) {
  if (title.startsWith(wanted)) return 0;
  if (title.includes(wanted)) return 1;
  let at = -1;
  for (const letter of wanted) {
    at = title.indexOf(letter, at + 1);
    if (at < 0) return -1;
  }
  return 2;
}
