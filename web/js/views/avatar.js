import { h } from "../dom.js";
import { hue, initials } from "../format.js";

/** A coloured disc with initials, always the same colour for a name; with a dot when `presence` is given. */
export function avatar(name, presence = null) {
  return h("span", { class: `avatar hue-${hue(name)}`, "aria-hidden": "true" }, initials(name),
    presence && h("span", { class: `presence presence-${presence}` }));
}
