// A message's text as nodes: links, mentions and `code`. Everything else stands as it was written.

import { h } from "./dom.js";
import { mentions } from "./messages.js";

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/gu;
const CODE = /```\n?([\s\S]+?)```\n?|`([^`\n]+)`/gu;
const LINK_END = /[.,;:!?'"*_~]+$/u;
const EMOJI = /\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*/u;
const EMOJI_ONLY = new RegExp(`^(?:${EMOJI.source}\\s*){1,6}$`, "u");

/** Nodes for `text`; `isMe(name)` marks mentions of the reader. */
export function richText(text, isMe = () => false) {
  const nodes = [];
  let end = 0;
  for (const piece of pieces(text)) {
    if (piece.start < end) continue;
    if (piece.start > end) nodes.push(text.slice(end, piece.start));
    nodes.push(piece.node(isMe));
    end = piece.end;
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

/** Whether a text is a few emoji and nothing else: they are shown larger. */
export function isEmojiOnly(text) {
  return text.length < 64 && EMOJI_ONLY.test(text.trim());
}

/** What is more than plain text, by where it begins. */
function pieces(text) {
  const found = [...codes(text), ...links(text)];
  for (const { name, start, end } of mentions(text)) {
    const node = (isMe) => h("span", { class: isMe(name) ? "mention mention-me" : "mention", dir: "auto" },
      `@${name}`);
    found.push({ start, end, node });
  }
  return found.sort((a, b) => a.start - b.start);
}

function codes(text) {
  return [...text.matchAll(CODE)].map((match) => ({
    start: match.index, end: match.index + match[0].length,
    node: () => match[1] === undefined ? h("code", { dir: "ltr" }, match[2])
      : h("pre", { dir: "ltr", tabindex: "0" }, h("code", null, match[1].replace(/\n$/u, ""))),
  }));
}

function links(text) {
  return [...text.matchAll(LINK)].map((match) => {
    let address = match[0].replace(LINK_END, "");
    if (address.endsWith(")") && !address.includes("(")) address = address.slice(0, -1);
    return {
      start: match.index, end: match.index + address.length,
      node: () => h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, address),
    };
  });
}
