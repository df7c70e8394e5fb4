// One message as an element.

import { h, iconButton, picture } from "../dom.js";
import { clockTime, count, fullTime, names } from "../format.js";
import { isEmojiOnly, richText } from "../richtext.js";
import { avatar } from "./avatar.js";
import { pickEmoji, QUICK } from "./emoji.js";

/** `message`: one of the log's. `isContinued`: stands under the name of the one before it. */
export function messageElement(app, message, isContinued, place = "timeline") {
  const isOwn = app.store.isMe(message.author);
  const element = h("article", {
    class: classes("message", { "is-continued": isContinued, "is-own": isOwn, "is-deleted": message.isDeleted,
      "is-mention": app.mentionsMe(message) }),
    tabindex: "-1", "data-offset": message.offset, "aria-label": label(app, message),
  }, message.replyTo && place === "timeline" && quotation(app, message),
    isContinued ? gutterTime(message) : avatar(message.author),
    h("div", { class: "message-body" },
      !isContinued && heading(app, message),
      body(app, message),
      reactions(app, message),
      place === "timeline" && message.replies > 0 && threadButton(app, message)));
  if (!message.isDeleted && app.ui.editing !== message.offset) bringToolbar(app, element, message, place);
  element.addEventListener("keydown", (event) => shortcut(app, message, event));
  return element;
}

/** An own message that the log has not given back yet. */
export function pendingElement(app, pending, isContinued) {
  const isFailed = pending.state === "failed";
  const note = { sending: "Sending…", sent: "Sent", waiting: "Waiting for the connection…",
    failed: `Not sent: ${pending.reason}` }[pending.state];
  return h("article", { class: classes("message is-own is-pending", { "is-continued": isContinued,
    "is-failed": isFailed }), "data-pending": pending.id, "aria-label": `${pending.text}. ${note}` },
    pending.replyTo && quotation(app, pending),
    isContinued ? h("span", { class: "gutter" }) : avatar(pending.author),
    h("div", { class: "message-body" },
      !isContinued && heading(app, pending),
      h("p", { class: "message-text", dir: "auto" }, richText(pending.text)),
      (isFailed || pending.state === "waiting") && h("p", { class: "pending-note" }, note,
        isFailed && h("button", { type: "button", class: "link",
          onclick: () => app.outbox.retry(pending.channel, pending.id) }, "Try again"),
        h("button", { type: "button", class: "link",
          onclick: () => app.outbox.discard(pending.channel, pending.id) }, "Discard"))));
}

function classes(base, flags) {
  return [base, ...Object.entries(flags).filter(([, isOn]) => isOn).map(([name]) => name)].join(" ");
}

function label(app, message) {
  const text = message.isDeleted ? "deleted message" : message.text;
  return `${message.author || "Somebody"}, ${clockTime(message.time)}: ${text}`;
}

function heading(app, message) {
  return h("header", { class: "message-heading" },
    h("bdi", { class: "author" }, message.author || "Somebody"),
    h("time", { datetime: message.time, title: fullTime(message.time) }, clockTime(message.time)));
}

function gutterTime(message) {
  return h("time", { class: "gutter", datetime: message.time, title: fullTime(message.time),
    "aria-hidden": "true" }, clockTime(message.time));
}

function body(app, message) {
  if (message.isDeleted) return h("p", { class: "message-text" }, "This message was deleted.");
  if (app.ui.editing === message.offset) return app.editor(message);
  const size = isEmojiOnly(message.text) ? " is-emoji" : "";
  return h("p", { class: `message-text${size}`, dir: "auto" },
    richText(message.text, (name) => app.store.isMe(name)),
    message.edited && h("span", { class: "edited", title: `Edited ${fullTime(message.edited)}` },
      " (edited)"));
}

function quotation(app, message) {
  const text = h("span", { class: "quotation-text", dir: "auto" }, "…");
  const author = h("bdi", { class: "author" });
  app.history.message(message.channel, message.replyTo).then((original) => {
    author.textContent = original?.author ?? "";
    text.textContent = !original ? "a message that cannot be shown"
      : original.isDeleted ? "deleted message" : original.text;
  }, () => (text.textContent = "a message that could not be loaded"));
  return h("button", { type: "button", class: "quotation", "aria-label": "Show the message this answers",
    onclick: () => app.showMessage(message.channel, message.replyTo) }, author, text);
}

function reactions(app, message) {
  if (message.isDeleted || message.reactions.size === 0) return null;
  const chips = [...message.reactions].filter(([, people]) => people.length > 0).map(([emoji, people]) => {
    const isMine = people.some((name) => app.store.isMe(name));
    const who = `${names(people, 8)} reacted with ${emoji}`;
    return h("button", { type: "button", class: "reaction", "aria-pressed": String(isMine), title: who,
      "aria-label": who, disabled: !app.can("amend"), onclick: () => app.react(message, emoji, !isMine) },
      emoji, h("span", null, String(people.length)));
  });
  return h("div", { class: "reactions" }, chips, app.can("amend") && iconButton("smile", "Add a reaction",
    (event) => pickEmoji(event.currentTarget, (emoji) => app.react(message, emoji, true)),
    { class: "reaction reaction-add" }));
}

function threadButton(app, message) {
  return h("button", { type: "button", class: "thread-button",
    onclick: () => app.openThread(message.offset) }, picture("thread"),
      count(message.replies, "reply", "replies"));
}

/**
 * Adds the toolbar when pointer or focus come to the message: most messages never need theirs. The Tab key
 * goes through it while the focus is on the message, and passes those of all others over.
 */
function bringToolbar(app, element, message, place) {
  let buttons = [];
  const bring = () => {
    if (buttons.length > 0) return;
    const bar = toolbar(app, message, place);
    buttons = [...bar.querySelectorAll("button")];
    reach(element.contains(document.activeElement));
    element.append(bar);
  };
  const reach = (isReached) => buttons.forEach((button) => (button.tabIndex = isReached ? 0 : -1));
  element.addEventListener("pointerenter", bring);
  element.addEventListener("focusin", () => {
    bring();
    reach(true);
  });
  element.addEventListener("focusout", (event) => element.contains(event.relatedTarget) || reach(false));
}

function toolbar(app, message, place) {
  const pick = (event) => pickEmoji(event.currentTarget, (emoji) => app.react(message, emoji, true));
  return h("div", { class: "toolbar", role: "toolbar", "aria-label": "What to do with this message" },
    app.can("amend") && place === "timeline" && QUICK.map((emoji) => h("button", { type: "button",
      class: "icon-button", "aria-label": `React with ${emoji}`,
        onclick: () => app.react(message, emoji, true) },
      emoji)),
    app.can("amend") && iconButton("smile", "More reactions", pick),
    app.can("post") && place === "timeline" && [
      iconButton("reply", "Reply (R)", () => app.reply(message)),
      iconButton("thread", "Open the thread (T)", () => app.openThread(message.replyTo ?? message.offset))],
    app.mayEdit(message) && iconButton("edit", "Edit (E)", () => app.edit(message)),
    app.mayDelete(message) && iconButton("trash", "Delete", () => app.confirmDelete(message)));
}

function shortcut(app, message, event) {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  if (message.isDeleted) return;
  const action = {
    r: () => app.can("post") && app.reply(message),
    t: () => app.openThread(message.replyTo ?? message.offset),
    e: () => app.mayEdit(message) && app.edit(message),
    Delete: () => app.mayDelete(message) && app.confirmDelete(message),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
