// The little window in which one picks an emoji.

import { h } from "../dom.js";

export const QUICK = ["👍", "❤️", "😂"];

const CHOICES = [
  ["👍", "thumbs up"], ["👎", "thumbs down"], ["❤️", "heart"], ["😂", "tears of joy"], ["🎉", "party"],
  ["😮", "surprised"], ["😢", "sad"], ["😡", "angry"], ["👏", "clapping"], ["🙏", "thanks"], ["🔥", "fire"],
  ["🚀", "rocket"], ["👀", "eyes"], ["💯", "hundred"], ["✅", "done"], ["❌", "cross"], ["🤔", "thinking"],
  ["😊", "smiling"], ["😍", "in love"], ["😎", "cool"], ["😅", "relieved"], ["🙂", "slight smile"],
  ["😉", "wink"], ["😴", "sleeping"], ["🤝", "handshake"], ["👋", "wave"], ["💪", "strong"], ["🫡", "salute"],
  ["⭐", "star"], ["💡", "idea"], ["☕", "coffee"], ["🍰", "cake"], ["🌈", "rainbow"], ["🐛", "bug"],
  ["⏰", "alarm clock"], ["📌", "pin"],
];
const COLUMNS = 6;

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

/** Opens the picker beside `anchor`; `pick(emoji)` is called at most once. */
export function pickEmoji(anchor, pick) {
  const buttons = CHOICES.map(([emoji, label]) => h("button", {
    type: "button", "aria-label": label, title: label, onclick: () => done(emoji) }, emoji));
  const picker = h("div", { class: "emoji-picker", popover: "auto", role: "dialog",
    "aria-label": "Pick an emoji",
    onkeydown: move, ontoggle: (event) => event.newState === "closed" && picker.remove() }, buttons);

  function done(emoji) {
    picker.hidePopover();
    anchor.focus();
    pick(emoji);
  }

  function move(event) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[buttons.indexOf(document.activeElement) + step]?.focus();
  }

  document.body.append(picker);
  picker.showPopover();
  place(picker, anchor.getBoundingClientRect());
  buttons[0].focus();
}

/** Above the anchor where there is room, else below, and never beyond the window. */
function place(picker, anchor) {
  const { width, height } = picker.getBoundingClientRect();
  const left = Math.min(Math.max(8, anchor.right - width), innerWidth - width - 8);
  const top = anchor.top > height + 12 ? anchor.top - height - 6
    : Math.min(anchor.bottom + 6, innerHeight - height - 8);
  picker.style.left = `${left}px`;
  picker.style.top = `${top}px`;
}
