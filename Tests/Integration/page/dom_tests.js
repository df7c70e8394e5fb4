import { equal, test } from "./test.js";
import { fillAnew, h } from "/web/js/dom.js";

test("what is filled with the same again stays as it is", () => {
  const element = h("div");
  const fillWith = (...words) => fillAnew(element, words, () => words.map((word) => h("button", null, word)));
  fillWith("one", "two");
  const first = element.firstChild;
  fillWith("one", "two");
  equal(element.firstChild === first, true);
  fillWith("one", "three");
  equal([element.firstChild === first, element.textContent], [false, "onethree"]);
  fillWith();
  equal(element.childNodes.length, 0);
});
