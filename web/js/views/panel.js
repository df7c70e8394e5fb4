// The column on the right: a thread, a room's members, or a search.

import { fill, h, iconButton, picture, place } from "../dom.js";
import { briefTime, count, fullTime } from "../format.js";
import { avatar } from "./avatar.js";
import { messageElement } from "./message.js";

const THREAD_PAGES_MAX = 10;
const THREAD_PAGE_MESSAGES = 1000;
const SEARCH_PAGE = 30;
// Without a key pressed for so long, what stands there is looked for.
const SEARCH_PAUSE_MILLISECONDS = 300;

/** The panel's element, filled for `panel`: {type: "thread" | "members" | "search", …}. */
export function drawPanel(app, element, panel) {
  element.hidden = !panel;
  if (!panel) return fill(element);
  const draw = { thread: drawThread, members: drawMembers, search: drawSearch }[panel.type];
  draw(app, element, panel);
}

function heading(app, title, detail = null) {
  return h("header", { class: "panel-heading" }, h("div", null, h("h2", null, title),
    detail && h("p", null, detail)), iconButton("close", "Close (Escape)", () => app.openPanel(null)));
}

// Thread

async function drawThread(app, element, panel) {
  const room = app.store.room(app.ui.channel);
  const input = h("textarea", { rows: "2", dir: "auto", "aria-label": "Reply in the thread",
    placeholder: "Reply…",
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      app.sendMessage(room.channel, text, panel.offset);
    } });
  const list = h("div", { class: "thread", role: "log", "aria-label": "Thread" });
  fill(element, heading(app, "Thread", app.store.title(room)), list,
    app.can("post") && h("div", { class: "composer" }, h("div", { class: "composer-box" }, input)));
  panel.shown = new Map();
  panel.update = () => drawReplies(app, room, list, panel);
  await readThread(app, room, panel);
  if (app.ui.panel !== panel) return;
  panel.update();
  input.focus();
}

/** Reads the message and its replies where the loaded messages do not reach back to it. */
async function readThread(app, room, panel) {
  panel.read = [];
  const { timeline } = room;
  if (timeline.hasEnd && (timeline.hasStart || (timeline.first?.offset ?? Infinity) <= panel.offset)) return;
  let after = panel.offset - 1;
  for (let page = 0; page < THREAD_PAGES_MAX; page += 1) {
    const messages = await app.readPage(room.channel, { after, limit: THREAD_PAGE_MESSAGES });
    panel.read.push(...messages.filter((one) => one.offset === panel.offset || one.replyTo === panel.offset));
    if (messages.length < THREAD_PAGE_MESSAGES) return;
    after = messages.at(-1).offset;
  }
}

function drawReplies(app, room, list, panel) {
  const known = new Map(panel.read.map((message) => [message.offset, message]));
  for (const message of room.timeline.messages) {
    if (message.offset === panel.offset || message.replyTo === panel.offset) known.set(message.offset,
      message);
  }
  const messages = [...known.values()].sort((a, b) => a.offset - b.offset);
  const [root, ...replies] = messages[0]?.offset === panel.offset ? messages : [null, ...messages];
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const heading = replies.length ? count(replies.length, "reply", "replies") : "No replies yet";
  panel.shown = place(list, panel.shown, [
    ...(root ? [threadItem(app, root)] : []),
    { key: "heading", signature: heading,
      make: () => h("div", { class: "separator" }, h("span", null, heading)) },
    ...replies.map((reply) => threadItem(app, reply))]);
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function threadItem(app, message) {
  return { key: message.offset, signature: `${message.version}${app.ui.editing === message.offset}`,
    make: () => messageElement(app, message, false, "thread") };
}

// Members

function drawMembers(app, element) {
  const room = app.store.room(app.ui.channel);
  const mine = app.store.me && app.store.roleOf(room, app.store.me.name);
  const manages = mine === "owner" || mine === "moderator";
  const members = [...room.members].sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
  fill(element, heading(app, "Members", app.store.title(room)),
    manages && inviteForm(app, room),
    h("ul", { class: "members" }, members.map((member) => memberRow(app, room, member, mine))),
    h("div", { class: "panel-actions" },
      manages && h("button", { type: "button", class: "button",
        onclick: () => app.openDialog("roomSettings") },
        "Room settings"),
      mine && h("button", { type: "button", class: "button danger", onclick: () => app.leave(room) },
        "Leave room")));
}

function order({ role }) {
  return { owner: 0, moderator: 1 }[role] ?? 2;
}

function memberRow(app, room, member, mine) {
  const isMe = app.store.isMe(member.name);
  const person = app.store.people.get(member.name.toLowerCase());
  const mayRemove = !isMe && (mine === "owner" || (mine === "moderator" && member.role === "member"));
  return h("li", { class: "member" }, avatar(member.name, person?.state),
    h("bdi", { class: "member-name" }, member.name, isMe && " (you)"),
    mine === "owner" && !isMe ? roleSelect(app, room, member)
      : member.role !== "member" && h("span", { class: "role" }, member.role),
    mayRemove && iconButton("close", `Remove ${member.name}`, () => app.removeMember(room, member.name)));
}

function roleSelect(app, room, member) {
  const select = h("select", { "aria-label": `Role of ${member.name}`,
    onchange: () => app.setMember(room, member.name, select.value) },
    ["member", "moderator", "owner"].map((role) => h("option",
      { value: role, selected: role === member.role }, role)));
  return select;
}

function inviteForm(app, room) {
  const input = h("input", { type: "text", placeholder: "Name", "aria-label": "Whom to invite",
    list: "accounts",
    autocomplete: "off", maxlength: "32", required: true });
  return h("form", { class: "invite", onsubmit: (event) => {
    event.preventDefault();
    if (input.value.trim()) app.setMember(room, input.value.trim(), "member").then((isDone) => {
      if (isDone) input.value = "";
    });
  } }, input, h("button", { type: "submit", class: "button primary" }, "Invite"));
}

// Search

function drawSearch(app, element, panel) {
  const room = panel.channel ? app.store.room(panel.channel) : null;
  const results = h("div", { class: "results", "aria-live": "polite" });
  const input = h("input", { type: "search", placeholder: "Words to look for", "aria-label": "Search for",
    autocomplete: "off", maxlength: "200" });
  const scope = room && h("select", { "aria-label": "Where", onchange: () => search() },
    h("option", { value: room.channel }, `In ${app.store.title(room)}`),
      h("option", { value: "" }, "Everywhere"));
  input.value = panel.query ?? "";
  let asked = 0;
  let pause = 0;
  input.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => search(), SEARCH_PAUSE_MILLISECONDS);
  });

  async function search(before = undefined) {
    clearTimeout(pause);
    const question = asked += 1;
    panel.query = input.value.trim();
    if (!panel.query) return fill(results, hint("Finds messages in all rooms that you can read."));
    const query = { q: panel.query, channel: scope?.value || undefined, before, limit: SEARCH_PAGE };
    const answer = await app.attempt(() => app.api.search(query));
    // Whoever types on has asked for something else meanwhile.
    if (!answer || app.ui.panel !== panel || question !== asked) return;
    if (before === undefined) fill(results);
    else results.querySelector(".more")?.remove();
    showResults(app, results, answer, panel.query, search);
  }

  fill(element, heading(app, "Search"), h("form", { class: "search-form", role: "search",
    onsubmit: (event) => {
      event.preventDefault();
      search();
    } }, h("div", { class: "search-box" }, picture("search"), input), scope), results);
  input.focus();
  search();
}

function hint(text) {
  return h("p", { class: "hint" }, text);
}

function showResults(app, results, answer, query, search) {
  for (const line of answer.messages) results.append(resultElement(app, line, query));
  if (results.childElementCount === 0) results.append(hint("No message has these words."));
  if (answer.before) {
    results.append(h("button", { type: "button", class: "button more", onclick: () => search(answer.before) },
      "Older results"));
  }
}

function resultElement(app, line, query) {
  const room = app.store.room(line.channel);
  return h("button", { type: "button", class: "result",
    onclick: () => app.showMessage(line.channel, line.offset) },
    h("span", { class: "result-heading" }, h("bdi", { class: "author" }, line.author ?? "Somebody"),
      h("span", null, "in ", h("bdi", null, app.store.title(room))),
      h("time", { datetime: line.time, title: fullTime(line.time) }, briefTime(line.time))),
    h("span", { class: "result-text", dir: "auto" }, marked(line.message_text ?? "", query)));
}

/** The text with the words that were looked for marked. */
function marked(text, query) {
  const words = query.split(/[^\p{L}\p{N}]+/u).filter(Boolean).map((word) =>
    word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  if (words.length === 0) return [text];
  return text.split(new RegExp(`(${words.join("|")})`, "iu")).map((part, index) =>
    index % 2 === 1 ? h("mark", null, part) : part);
}
