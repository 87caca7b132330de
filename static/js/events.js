// What scripts ask of what a person does, and how a field is changed as if a person did.

/** Whether keys are letters there. */
export const isTyping = (target) => target.matches("input, textarea, select, [contenteditable]");

/** A click that leads on in this window. */
export const isPlain = (event) =>
  !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

/** The field has another value: all that follows from it follows. */
export function changed(field) {
  for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
}

/** Whether what was asked of htmx was done: to htmx an answer that is swapped is a success, a refused form too. */
export const isDone = ({ successful, xhr }) => successful && xhr.status !== 422;

/** A list has become shorter: its next page may be due. htmx looks for that when one scrolls. */
export const shortened = () => dispatchEvent(new Event("scroll"));

/** The words of an element as one reads them. */
export const wordsOf = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";

/** Why something was refused, in the words of the page that the server sent; some other server's page has none. */
export const reasonIn = (page) =>
  wordsOf(new DOMParser().parseFromString(page, "text/html").querySelector("[data-reason]"));
