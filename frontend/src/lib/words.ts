/** What people read of a link's state: the file that the server reads as well. */
import states from "../words/link-states.json";

export interface StateWords {
  title: string;
  text: string;
}

/** A state that is for lists only has a label and nothing that a visitor reads. */
const WORDS: Record<string, { label: string; title?: string; text?: string; open?: string }> = states;

/** The words for a page that is open; a state that is not known reads as turned off. */
export function openPageWords(state: string): StateWords {
  const { title = "", text = "", open } = WORDS[state]?.title ? WORDS[state] : WORDS["revoked"]!;
  return { title, text: open ?? text };
}
