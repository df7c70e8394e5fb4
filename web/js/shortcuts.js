// Keys that work everywhere on the page.

/** Listens for them. Those of a list or a field are its own. */
export function handleShortcuts(app) {
  document.addEventListener("keydown", (event) => {
    if (!app.store.me || document.querySelector("dialog[open]")) return;
    const action = actionOf(app, event);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function actionOf(app, event) {
  const isTyping = event.target.closest("input, textarea, select") !== null;
  if (event.ctrlKey || event.metaKey) {
    return event.key.toLowerCase() === "k" ? () => app.openDialog("switcher") : null;
  }
  if (event.altKey && event.key === "ArrowUp") return () => app.stepRoom(-1);
  if (event.altKey && event.key === "ArrowDown") return () => app.stepRoom(1);
  if (event.key === "Escape" && app.ui.panel) return () => app.openPanel(null);
  if (isTyping) return null;
  if (event.key === "?") return () => app.openDialog("shortcuts");
  if (event.key === "/" && app.can("search")) return () => app.openPanel({ type: "search" });
  return null;
}
