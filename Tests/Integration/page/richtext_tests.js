import { equal, test } from "./test.js";
import { h } from "/web/js/dom.js";
import { isEmojiOnly, richText } from "/web/js/richtext.js";

function drawn(text, me = "") {
  return h("p", null, richText(text, (name) => name === me));
}

test("whatever a text holds is text", () => {
  const texts = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt; &amp;", "مرحبا <b>",
    "𝒳🎉👨‍👩‍👧",
    "javascript:alert(1)", "a\u0000b\u202Ec", "`<i>`", "@<b>x</b>", '"https://example.com/"onclick="x'];
  for (const text of texts) {
    const element = drawn(text);
    equal(element.textContent, text.replaceAll("`", ""), text);
    equal(element.querySelectorAll("script, img, b, i").length, 0, `elements of ${text}`);
  }
});

test("only http and https addresses become links, without the punctuation behind them", () => {
  const element = drawn("see https://a.example/x?y=1#z. (http://b.example) ftp://c javascript:https:x");
  const links = [...element.querySelectorAll("a")];
  equal(links.map((link) => link.getAttribute("href")), ["https://a.example/x?y=1#z", "http://b.example"]);
  equal(links.every((link) => link.rel.includes("noopener") && link.target === "_blank"), true);
});

test("mentions and code are marked, and code holds neither links nor mentions", () => {
  const element = drawn("@bob and @me see `https://x.example @bob` ```\na\n  b\n``` done", "me");
  equal([...element.querySelectorAll(".mention")].map((one) => [one.textContent, one.className]),
    [["@bob", "mention"], ["@me", "mention mention-me"]]);
  equal([...element.querySelectorAll("code")].map((one) => one.textContent),
    ["https://x.example @bob", "a\n  b"]);
  equal(element.querySelectorAll("a").length, 0);
});

test("only a few emoji alone are shown larger", () => {
  equal(["👍", "🎉 ❤️", "👨‍👩‍👧", "👍🏽"].map(isEmojiOnly), [true, true, true, true]);
  equal(["", "ok 👍", "1", "#", "🎉".repeat(7)].map(isEmojiOnly), [false, false, false, false, false]);
});
